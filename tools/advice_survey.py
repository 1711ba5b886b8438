"""Twenty-eight briefs over the sample's data -> what each is advised, as a Markdown table.

python tools/advice_survey.py          with the sample's results
python tools/advice_survey.py --prior  as if there were no results yet

For whoever changes the decision or an assumption: advice must differ where the numbers do, and follow them.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace

import nanospread as ns
from nanospread.core.formatting import money, odds
from nanospread.pages.labels import label
from nanospread.study import Study

WORLDS, SEED = 4_000, 1
CHEAP = {"macro_fee": 1_500.0, "macro_followers": 250_000}
BRIEFS: list[tuple[str, dict[str, object]]] = [
    *[(f"budget {at:,}", {"budget": float(at)}) for at in (500, 1_000, 2_000, 5_000, 10_000, 20_000)],
    *[(f"budget {at:,}, fees", {"budget": float(at), "offer": "fee"}) for at in (2_000, 5_000, 20_000)],
    *[(f"an order of {value}", {"order_value": float(value)}) for value in (20, 30, 45, 100, 150, 300)],
    *[(f"margin {margin:.0%}", {"margin": margin}) for margin in (0.2, 0.35, 0.75)],
    *[(f"sales level {level}", {"kappa": float(level)}) for level in (1, 3, 20, 45)],
    ("macro's quote 1,500", CHEAP),
    ("macro's quote 1,500, fees", {**CHEAP, "offer": "fee"}),
    ("macro's quote 1,500, an order of 20", {**CHEAP, "order_value": 20.0}),
    ("no large loss", {"tolerate_loss_share": 0.1, "tolerate_loss_chance": 0.05}),
    ("scenario macro_wins", {"brief": "macro_wins"}),
    ("scenario beichert", {"brief": "beichert"}),
]
COLUMNS = (
    *("brief", "buy", "why", "leads in", "nano: mean profit", "nano: loses", "macro: mean profit"),
    "worth knowing first",
)


def main() -> None:
    """Print the table."""
    prior = "--prior" in sys.argv[1:]
    print("| " + " | ".join(COLUMNS) + " |")
    print("|---" * len(COLUMNS) + "|")
    for name, changes in BRIEFS:
        print("| " + " | ".join(_row(name, _opened(changes, prior=prior))) + " |", flush=True)


def _opened(changes: dict[str, object], *, prior: bool) -> Study:
    study = ns.open(**changes)
    if not prior:
        return study
    tables = study.data.tables
    none = replace(tables, results=tables.results.head(0), lift_tests=tables.lift_tests.head(0))
    return replace(study, data=replace(study.data, read=none))


def _row(name: str, study: Study) -> Iterator[str]:
    run = study.simulate(WORLDS, SEED)
    decision, currency = run.decision, study.brief.currency
    nano, macro = decision.options[study.nano], decision.options.get("macro")
    yield name
    yield label(decision.choice) + ("" if decision.firm else ", not firm")
    yield decision.reason
    yield f"{decision.lead:.0%}"
    yield money(nano.profit.value, currency)
    yield odds(nano.p_loss.value)
    yield money(macro.profit.value, currency) if macro else "out of reach"
    worth = decision.worth
    yield f"{decision.settles} ({worth.value:.0f} ± {2 * worth.se:.0f})" if decision.settles else "nothing"


if __name__ == "__main__":
    main()
