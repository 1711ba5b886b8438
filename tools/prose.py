"""README, docs/ and the templates of pages -> long sentences and words to avoid in them.

python tools/prose.py     prints file, line and fault of each, and ends with 1 where there is one

Code and the targets of links are no prose, nor is the model, which is formulas and their sources.
Notebooks and computed sentences have tests of their own.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FORMULAS = {"model"}  # pages of docs/ that are no prose for everybody
LONGEST = 30  # words of a sentence
AVOIDED = (  # ours alone or said better, and what fills
    *("arms?", "worlds?", "nought", "beside", "hangs? on", "stands? with", "at macro"),
    *("simply", "obviously", "easily", "basically", "actually", "very", "in order to", "utili[sz]es?"),
    *("leverages?", "seamless(?:ly)?", "powerful", "note that", "please"),
)
WORDS = re.compile(rf"(?<![\w-])(?:{'|'.join(AVOIDED)})(?![\w-])", re.IGNORECASE)
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
TEMPLATE = re.compile(r"\{#.*?#\}|\{%.*?%\}|<style>.*?</style>", re.DOTALL)
NO_PROSE = (
    (re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL), " "),
    (re.compile(r"\{\{.*?\}\}|`[^`\n]+`"), "x"),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
)
END = re.compile(r"(?<=[.!?:;])[\s*\")]+|\n\s*\n|\n(?=\s*(?:[-*#|>]|\d+\.)\s)|\|")


def faults(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and what is wrong of each long sentence and word to avoid."""
    prose = TEMPLATE.sub(_blank, FENCE.sub(_blank, text))
    for pattern, put in NO_PROSE:
        prose = pattern.sub(lambda found, put=put: found.expand(put) + "\n" * found[0].count("\n"), prose)
    start = 0
    for end in [*END.finditer(prose), None]:
        sentence = prose[start : end.start() if end else len(prose)]
        line = prose.count("\n", 0, start + len(sentence) - len(sentence.lstrip())) + 1
        words = re.findall(r"\w[\w'’.,%-]*", sentence)
        if len(words) > LONGEST:
            yield line, f"a sentence of {len(words)} words: {' '.join(words[:8])} …"
        for found in WORDS.finditer(sentence):
            yield line + sentence[: found.start()].lstrip("\n").count("\n"), f"“{found[0]}”"
        start = end.end() if end else 0


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def main() -> int:
    """Read all, print the faults, and return 1 where there is one."""
    files = [
        ROOT / "README.md",
        *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.stem not in FORMULAS),
    ]
    files += sorted((ROOT / "lib/nanospread/report/template").glob("*.j2"))
    found = [
        f"{file.relative_to(ROOT)}:{line}: {fault}"
        for file in files
        for line, fault in faults(file.read_text(encoding="utf-8"))
    ]
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
