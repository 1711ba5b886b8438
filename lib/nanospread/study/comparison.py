"""Studies of the same data -> their plans side by side in the same simulated campaigns, and what differs.

Luck is a function of seed, purpose, name and world: two plans meet the same seasons and the same luck of each
niche and creator, whatever each spends. What is not known is drawn in the same order for all (`aligned`), so
that a campaign believes the same under each plan but for what a plan sets. Only where a setting makes the
results teach something else of sales are its draws other ones, paired by their rank in sales: differences
then carry more simulation noise, which their error has.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign import brief as briefs
from nanospread.campaign import risk
from nanospread.campaign.beliefs import Beliefs
from nanospread.campaign.risk import batches
from nanospread.campaign.sensitivity import NOTHING
from nanospread.campaign.unit_economics import RANGE
from nanospread.core import errors, formatting
from nanospread.core.estimates import SURE
from nanospread.core.formatting import ReprMixin, Rows
from nanospread.core.types import Floats, Places
from nanospread.study.data import StudyInputs
from nanospread.study.running import Run

MOST = 10  # plans: more than anybody reads side by side
NANO, ADVISED = "nano", "advised"
OPTIONS = (NANO, risk.RIVAL, ADVISED)
MEANS = ("cost_mean", "conversions_mean", "cost_per_order", "profit_mean")  # with a range over beliefs
MEASURES = (*MEANS, "profit_p50", "p_loss")
SALES = {  # beliefs that most of the odds hang on: where they are drawn anew, so is the campaign
    *("reach_rate_nano", "story_rate_nano", "ctr_feed", "ctr_story", "kappa", "cvr_nano", "cvr_macro"),
    *("advocacy", "order_value", "margin", "return_rate", "code_discount", "commission"),
}
COLUMNS = ["brief", "option", "measure", "value", "low", "high", "se", "clear"]


class OptionOutcomes(NamedTuple):
    """What an option comes to in each simulated campaign, or on average given what it drew of beliefs."""

    cost: Floats
    orders: Floats
    profit: Floats

    def at(self, places: Places) -> "OptionOutcomes":
        """Return the same in some of the campaigns."""
        return OptionOutcomes(*(values[places] for values in self))

    def measures(self) -> dict[str, float]:
        """Return `MEASURES` over all campaigns."""
        orders = float(self.orders.sum())
        return {
            "cost_mean": float(self.cost.mean()),
            "conversions_mean": float(self.orders.mean()),
            "cost_per_order": float(self.cost.sum()) / orders if orders else math.nan,
            "profit_mean": float(self.profit.mean()),
            "profit_p50": float(np.median(self.profit)),
            "p_loss": float((self.profit < 0).mean()),
        }

    def means(self) -> dict[str, Floats]:
        """Return `MEANS` of each campaign, of what is expected given beliefs."""
        each = self.cost / np.maximum(self.orders, 1e-9)
        return dict(zip(MEANS, (self.cost, self.orders, each, self.profit), strict=True))


class SimulatedOption(NamedTuple):
    """An option in each campaign, and what to expect of it given all that the campaign drew of beliefs."""

    simulated: OptionOutcomes
    expected: OptionOutcomes


@dataclass(frozen=True, repr=False, eq=False)
class Comparison(ReprMixin):
    """Hold the plans of several briefs, each simulated in the same campaigns; made by `Study.compared`.

    Parameters
    ----------
    names : tuple of str
        Of the briefs, each once; the others are compared with the first.
    runs : tuple of Run
        One for each.

    Examples
    --------
    >>> study.compared(study.changed(budget=8_000), n_worlds=512).names
    ('sample', 'sample (2)')
    """

    names: tuple[str, ...]
    runs: tuple[Run, ...]

    @cached_property
    def differing(self) -> pd.DataFrame:
        """Return the settings in which the briefs differ.

        Returns
        -------
        pandas.DataFrame
            One row per field, such as budget or nano.offer, and assumption; one column per brief. Of an
            assumption: its value in force, (low, central, high) where it is not known, or off.

        Examples
        --------
        >>> study.compared(study.changed(budget=8_000), n_worlds=512).differing.loc["budget"].tolist()
        [5000.0, 8000.0]
        """
        every = [_settings(run.study) for run in self.runs]
        names = dict.fromkeys(name for settings in every for name in settings)
        rows = {name: [settings.get(name) for settings in every] for name in names}
        differing = {name: row for name, row in rows.items() if any(value != row[0] for value in row)}
        columns = {brief: [row[at] for row in differing.values()] for at, brief in enumerate(self.names)}
        return pd.DataFrame(columns, index=pd.Index([*differing], name="setting"), dtype=object)

    @cached_property
    def outcomes(self) -> tuple[dict[str, SimulatedOption], ...]:
        """Return the outcomes of each of `OPTIONS` that a brief has, one dict for each brief."""
        return tuple(_simulated_options(run) for run in self.runs)

    @cached_property
    def options(self) -> pd.DataFrame:
        """Return what each brief's options come to.

        Returns
        -------
        pandas.DataFrame
            One row per brief and option (nano with the brief's offer, macro where the budget pays it):
            brief, option, advised (whether it is the brief's decision), cost_mean [money], conversions_mean
            [orders], cost_per_order, profit_mean, profit_p50 [money], p_loss [0-1].

        Examples
        --------
        >>> table = study.compared(study.changed(budget=8_000), n_worlds=512).options
        >>> table["brief"].tolist()
        ['sample', 'sample', 'sample (2)', 'sample (2)']
        """
        rows = [
            {"brief": name, "option": option, "advised": run.decision.choice == _arm(run, option)}
            | outcomes[option].simulated.measures()
            for name, run, outcomes in zip(self.names, self.runs, self.outcomes, strict=True)
            for option in (NANO, risk.RIVAL)
            if option in outcomes
        ]
        return pd.DataFrame(rows)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Return how far each other brief is from the first, in the same simulated campaigns.

        Returns
        -------
        pandas.DataFrame
            One row per other brief, option that both have (nano, macro, and advised: what each decides for)
            and measure of `options`: value, the other less the first; low and high, between which 80 % of it
            lies over what is not known (missing of medians and chances); se, the simulation's error; clear,
            whether value is beyond two of these.

        Examples
        --------
        >>> table = study.compared(study.changed(budget=8_000), n_worlds=512).differences
        >>> table.query("option == 'nano' and measure == 'cost_mean'")["clear"].item()
        True
        """
        first, *others = self.outcomes
        rows = [
            (name, option, *row)
            for name, other in zip(self.names[1:], others, strict=True)
            for option in OPTIONS
            if option in first and option in other
            for row in _differences(first[option], other[option])
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    def learned_anew(self) -> tuple[str, ...]:
        """Return the other briefs whose settings make results teach something else than the first's."""
        first, each = self.runs[0].study.beliefs, zip(self.names, self.runs, strict=True)
        return tuple(name for name, run in each if _places(first, run.study.beliefs) is None)

    def _repr_rows(self) -> tuple[str, Rows]:
        first = self.runs[0]
        title = (
            f"{len(self.runs)} plans in the same {first.n_worlds:,} simulated campaigns, seed {first.seed}"
        )
        mean = self.options[self.options["advised"]].set_index("brief")["profit_mean"]
        currency = first.study.asked.currency
        return title, [
            (name, f"{run.decision.choice}, {formatting.money(mean.get(name, 0.0), currency)} on average")
            for name, run in zip(self.names, self.runs, strict=True)
        ]


def check(studies: Sequence[StudyInputs]) -> None:
    """Raise InputError unless these can be compared: two or more, same data and currency, with odds."""
    names, first = [study.asked.name for study in studies], studies[0]
    if len(studies) < 2:
        raise errors.InputError(f"a comparison needs two briefs or more; got {names[0]!r} alone")
    if len(studies) > MOST:
        raise errors.InputError(f"a comparison takes at most {MOST} briefs; got {len(studies)}")
    for study in studies[1:]:
        if study.data.folder != first.data.folder:
            raise errors.InputError(
                f"briefs are compared on the same data; {names[0]!r} is on '{first.data.folder}', "
                f"{study.asked.name!r} on '{study.data.folder}'"
            )
        if study.asked.currency != first.asked.currency:
            raise errors.InputError(
                f"briefs of different currencies cannot be compared; {names[0]!r} is in "
                f"{first.asked.currency}, {study.asked.name!r} in {study.asked.currency}"
            )
    for study in studies:
        if study.withheld:
            raise errors.InputError(f"no odds can be given for brief {study.asked.name!r}: {study.withheld}")


def numbered_names(studies: Sequence[StudyInputs]) -> tuple[str, ...]:
    """Return the names of the briefs, those of one name numbered: sample, sample (2)."""
    names: list[str] = []
    for study in studies:
        name, number = study.asked.name, 1
        while (numbered := name if number == 1 else f"{name} ({number})") in names:
            number += 1
        names.append(numbered)
    return tuple(names)


def _settings(study: StudyInputs) -> dict[str, object]:
    """Return what a study's numbers follow from, but for its data: by name, as `Comparison.differing`."""
    brief, drawn = study.brief, {*study.beliefs.names}
    aside = {*brief.assumptions, "batches.rule"}  # a rule in force says how a campaign is run, not its odds
    settings = {name: value for name, value in briefs.lines(brief) if name not in aside}
    for name, row in brief.assumptions.items():
        value = row.used(brief.switches)
        known = "off" if row.off is not None and name not in brief.switches else value
        settings[name] = (row.low, value, row.high) if name in drawn else known
    window = study.data.window
    return settings | {name: getattr(window, name) for name in window.__dataclass_fields__}


def aligned(beliefs: Sequence[Beliefs]) -> list[Beliefs]:
    """Return beliefs with their draws in one order, that of those with the most free ones.

    Those stay as they are whose draws of `SALES` are other ones. What past sales say of single creators is
    read off some of the draws, so it is the same where they are.
    """
    leading = max(beliefs, key=lambda each: (len(each.names), each.names))
    places = [_places(leading, each) for each in beliefs]
    return [
        each if at is None else replace(each, draws=each.draws[at], creators=leading.creators)
        for each, at in zip(beliefs, places, strict=True)
    ]


def _places(leading: Beliefs, other: Beliefs) -> Places | None:
    """Return at which place the other has each draw of the leading ones, None where it has others.

    Draws are the same that have the same values of all that is drawn alike under both.
    """
    if len(leading.draws) != len(other.draws):
        return None
    both = [name for name in leading.names if name in other.names]
    columns = {name: (leading.column(name), other.column(name)) for name in both}
    alike = [name for name, (a, b) in columns.items() if np.array_equal(np.sort(a), np.sort(b))]
    if not alike or not {*both} & SALES <= {*alike}:
        return None
    ours, theirs = (np.column_stack([columns[name][side] for name in alike]) for side in (0, 1))
    orders = [np.lexsort(rows.T) for rows in (ours, theirs)]
    if not np.array_equal(ours[orders[0]], theirs[orders[1]]):
        return None
    places = np.empty(len(ours), dtype=np.intp)
    places[orders[0]] = orders[1]
    return places


def _arm(run: Run, option: str) -> str | None:
    """Return the name of an option in a run: nothing, too, may be advised; None for a macro out of reach."""
    arm = {NANO: run.study.nano, ADVISED: run.decision.choice}.get(option, option)
    return arm if arm == NOTHING or arm in set(run.plan["arm"]) else None


def _simulated_options(run: Run) -> dict[str, SimulatedOption]:
    arms = {option: _arm(run, option) for option in OPTIONS}
    each = {arm: _simulated_option(run, arm) for arm in {*arms.values()} if arm is not None}
    return {option: each[arm] for option, arm in arms.items() if arm is not None}


def _simulated_option(run: Run, arm: str) -> SimulatedOption:
    if arm == NOTHING:
        nothing = OptionOutcomes(*np.zeros((3, run.n_worlds)))
        return SimulatedOption(nothing, nothing)
    rows = run.worlds[run.worlds["arm"] == arm]
    simulated = OptionOutcomes(
        *(rows[name].to_numpy(dtype=np.float64) for name in ("cost", "conversions", "profit"))
    )
    return SimulatedOption(
        simulated, OptionOutcomes(*(run.information.given_beliefs(values) for values in simulated))
    )


def _differences(
    first: SimulatedOption, other: SimulatedOption
) -> list[tuple[str, float, float, float, float, bool]]:
    """Return the fields of `COLUMNS` from measure on."""
    label = batches.label_of(np.arange(len(first.simulated.profit)))
    value = _less(other.simulated, first.simulated)
    others = [np.flatnonzero(label != each) for each in np.unique(label)]
    without = [_less(other.simulated.at(places), first.simulated.at(places)) for places in others]
    before, after = first.expected.means(), other.expected.means()
    rows = []
    for measure in MEASURES:
        difference, low, high = value[measure], math.nan, math.nan
        se = batches.jackknife(np.array([each[measure] for each in without])) if len(others) > 1 else math.nan
        if measure in MEANS and not math.isnan(difference):
            low, high = np.quantile(after[measure] - before[measure], RANGE).tolist()
            low, high = min(low, difference), max(high, difference)
            if difference == se == 0:  # in every batch: what is left is the regressions' own noise
                low = high = 0.0
        clear = difference != 0 and abs(difference) >= SURE * se
        rows.append((measure, difference, low, high, se, clear))
    return rows


def _less(after: OptionOutcomes, before: OptionOutcomes) -> dict[str, float]:
    one, other = after.measures(), before.measures()
    return {measure: one[measure] - other[measure] for measure in MEASURES}
