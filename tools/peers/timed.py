"""A peer's run and the command line's N S SEED -> one line of JSON: seconds and outputs."""

import argparse
import json
import time
from collections.abc import Callable


def main(run: Callable[[int, int, int], dict], most_worlds: int | None = None) -> None:
    """Run the peer and print its seconds, imports left out, and its outputs.

    most_worlds: a slow peer simulates at most so many and its seconds are scaled up to the number asked for
    in proportion; `worlds_simulated` then says how many they were.
    """
    asked = _arguments()
    worlds = min(asked.worlds, most_worlds or asked.worlds)
    start = time.perf_counter()
    outputs = run(asked.creators, worlds, asked.seed)
    seconds = (time.perf_counter() - start) * asked.worlds / worlds
    print(json.dumps({"seconds": seconds, "worlds_simulated": worlds, "outputs": outputs}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("creators", type=_at_least(1), help="on the nano list, 1 or more")
    parser.add_argument("worlds", type=_at_least(2), help="to simulate, 2 or more")
    parser.add_argument("seed", type=_at_least(0), help="0 or more")
    return parser.parse_args()


def _at_least(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least}; got {text!r}")
        return int(text)

    return whole
