"""Settings -> the odds they come to, and how a panel shows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from nanospread.core.formatting import Finding, arm_name
from nanospread.pages import show, verdict
from nanospread.pages.campaign.figures import profit_by_arm
from nanospread.pages.panel import choices
from nanospread.pages.panel.choices import Setting
from nanospread.study import Run, Study

SHOWN = {
    "p_beats_macro": "beats the macro",
    "p_loss": "loses money",
    "profit_p50": "median profit",
    "cvar_5": "mean of the worst 5%",
}


@dataclass(frozen=True)
class Answer:
    """What settings come to: the run of the study as they change it, and its verdict."""

    run: Run
    verdict: Finding

    @property
    def arms(self) -> tuple[str, str]:
        """Return the names of the two arms compared."""
        return "macro", self.run.study.nano

    @property
    def currency(self) -> str:
        """Return the currency of the brief."""
        return self.run.study.asked.currency


def answer(study: Study, settings: Mapping[str, Setting], *, n_worlds: int, seed: int) -> Answer:
    """Return the odds of the macro and the nano arm with these settings in place of the brief's.

    settings: by the names of `choices.settings`, all or some of them; those left out stay the study's.

    Raises: InputError for a setting that cannot be.
    """
    changes = choices.changes(study.brief, settings)
    other = study.changed(**changes) if changes else study
    run = other.simulate(n_worlds, seed, only=["macro", other.nano])
    return Answer(run, verdict.verdict(*verdict.chances(run)))


def odds(answer: Answer) -> show.Output:
    """Return the small table of odds of the two arms, and how bad a bad world is."""
    rows = answer.run.by_arm[["arm", *SHOWN]].rename(columns=SHOWN)
    beats, loses, median, worst = SHOWN.values()
    formats = dict.fromkeys((beats, loses), "{:.1%}") | dict.fromkeys((median, worst), "{:,.0f}")
    caption = f"Estimated odds; money in {answer.currency}"
    return show.table(rows, caption, formats=formats | {"arm": arm_name})


def picture(answer: Answer) -> show.Output:
    """Return the profits of the two arms as the notebook draws them, under the verdict."""
    title = answer.verdict.title
    return profit_by_arm(answer.run.worlds, answer.arms, answer.currency, title=title).output()
