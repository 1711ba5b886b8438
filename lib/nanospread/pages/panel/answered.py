"""Settings -> the odds they come to, and how a panel shows them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from nanospread.campaign import brief as briefs
from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.creators.engagement import EngagementModel
from nanospread.pages import figures, findings, show
from nanospread.pages.panel import choices
from nanospread.pages.panel.choices import Setting

SHOWN = {
    "p_beats_macro": "beats the macro",
    "p_loss": "loses money",
    "profit_p50": "median profit",
    "cvar_5": "mean of the worst 5%",
}


@dataclass(frozen=True)
class Answer:
    """What settings come to: the brief as they change it, its worlds, their summary, the verdict."""

    brief: Brief
    worlds: pd.DataFrame
    summary: pd.DataFrame
    verdict: findings.Finding

    @property
    def arms(self) -> tuple[str, str]:
        """Return the names of the two arms compared."""
        return "macro", _nano(self.brief)


def answer(
    model: EngagementModel, brief: Brief, settings: Mapping[str, Setting], *, n_worlds: int, seed: int
) -> Answer:
    """Return the odds of the macro and the nano arm with these settings in place of the brief's.

    settings: by the names of `choices.settings`, all or some of them; those left out stay the brief's.

    Raises: InputError for a setting that cannot be.
    """
    changes = choices.changes(brief, settings)
    other = briefs.changed(brief, **changes) if changes else brief
    nano = _nano(other)
    worlds = simulation.campaign(model, other, n_worlds=n_worlds, seed=seed, only=["macro", nano]).worlds
    summary = risk.summary(worlds, flop_roi=other.flop_roi)
    beats, loses = (risk.estimate(summary, nano, name) for name in ("p_beats_macro", "p_loss"))
    verdict = findings.verdict(beats, loses, risk.estimate(summary, "macro", "p_loss"))
    return Answer(other, worlds, summary, verdict)


def odds(found: Answer) -> show.Output:
    """Return the small table of odds of the two arms, and how bad a bad world is."""
    rows = risk.by_arm(found.summary)[["arm", *SHOWN]].rename(columns=SHOWN)
    beats, loses, median, worst = SHOWN.values()
    formats = dict.fromkeys((beats, loses), "{:.1%}") | dict.fromkeys((median, worst), "{:,.0f}")
    caption = f"Estimated odds; money in {found.brief.currency}"
    return show.table(rows, caption, formats=formats | {"arm": findings.arm_name})


def picture(found: Answer) -> show.Output:
    """Return the profits of the two arms as the notebook draws them, under the verdict."""
    currency, title = found.brief.currency, found.verdict.title
    return show.figure(figures.profit_by_arm(found.worlds, found.arms, currency, title=title))


def _nano(brief: Brief) -> str:
    return f"nano_{brief.nano.offer}"
