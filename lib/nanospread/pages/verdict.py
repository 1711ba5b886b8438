"""Who is ahead, how sure that is, and what to do about it.

Both numbers are always said together: P(nano beats macro) hardly depends on the level of revenue per
follower, on which published evidence differs 40-60 times; P(loss) is decided by it (model.md Levels).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.brief import Assumption, Brief
from nanospread.campaign.risk import Estimate, estimate
from nanospread.core.estimates import SURE, clearly_above, clearly_below
from nanospread.core.formatting import Finding, arm_name, capital, money, odds, percent, significant
from nanospread.study import Run

EVEN = (0.45, 0.55)  # a lead in fewer worlds than this is no lead in practice [probability]
GOOD = 0.25  # an arm that loses money at most this often can be bought [probability]
UNSETTLED = "whether it pays hangs on a level of sales that is assumed, not measured"
POOR = 0.50  # an arm that loses money at least this often is no good buy [probability]


@dataclass(frozen=True)
class Decision:
    """What a run comes to: who is ahead, which level of sales that rests on, and what to do."""

    verdict: Finding
    rests: Finding
    advice: Finding


def decision(run: Run) -> Decision:
    """Return the verdict on the macro and the brief's nano option, what it rests on, and what to do.

    On data that cannot be, all three say so instead.
    """
    if run.study.implausible:
        return withheld(run.study.implausible)
    kappa = run.study.brief.assumptions.kappa
    if run.out_of_reach:
        even = risk.break_even_kappa(run.central.by_arm, kappa.central).loc[[run.study.nano]]
        pays = pays_anyway(float(even["kappa"].iloc[0]), kappa)
        loses = run.estimate(run.study.nano, "p_loss")
        return Decision(headline(run), rests_on_kappa(even, kappa), nano_alone(loses, nano_pays=pays))
    odds_of_both = chances(run)
    even = risk.break_even_kappa(run.central.by_arm, kappa.central).loc[["macro", run.study.nano]]
    macro_pays, nano_pays = (pays_anyway(at, kappa) for at in even["kappa"])
    return Decision(
        verdict(*odds_of_both),
        rests_on_kappa(even, kappa),
        what_to_do(*odds_of_both, nano_pays=nano_pays, macro_pays=macro_pays),
    )


def withheld(why: str) -> Decision:
    """Return what stands in place of a decision where the data cannot be; why: `Premises.implausible`."""
    return Decision(
        verdict=Finding("No odds: the data cannot be right", f"No odds are given: {why}."),
        rests=Finding.of("Odds on such data would rest on nothing"),
        advice=Finding(
            "Check the data before buying anything",
            "The data are implausible: check the export (page 01) before buying anything.",
        ),
    )


def headline(run: Run) -> Finding:
    """Return who is ahead and how often; of a macro that the budget does not pay for, how nano alone does."""
    if not run.out_of_reach:
        return verdict(*chances(run))
    loses = f"nano alone loses money in {_worlds(run.estimate(run.study.nano, 'p_loss'))}"
    return Finding(
        capital(f"the macro is out of reach; {loses.replace(' worlds', '')}"),
        f"{out_of_reach(run.quoted)} {capital(loses)}.",
    )


def out_of_reach(brief: Brief) -> str:
    """Return that the budget does not pay for the macro; brief: with the macro's followers looked up."""
    asks, budget = money(brief.asked_by_macro, brief.currency), money(brief.budget, brief.currency)
    return f"The macro is out of reach: it asks {asks}, and the budget is {budget}."


def nano_alone(p_loss: Estimate, *, nano_pays: bool) -> Finding:
    """Return what to do where no macro can be had: buy nano, pilot it, or spend nothing."""
    losing, grade = f"it loses money in {_worlds(p_loss)}", _grade(p_loss, GOOD, POOR)
    if grade == "poor":
        return Finding(
            "Buy nothing at these assumptions",
            f"Buy nothing at these assumptions: nano alone loses money in {_worlds(p_loss)}.",
        )
    if grade == "good" and nano_pays:
        return Finding("Put the budget on nano", f"Put the budget on nano: {losing}.")
    why = UNSETTLED if grade == "good" else losing
    title = "Pilot nano before spending the whole budget"
    return Finding(title, f"{title}: {why}.")


def chances(run: Run) -> tuple[Estimate, Estimate, Estimate]:
    """Return P(nano beats the macro), P(nano loses money) and P(the macro loses money) of a run."""
    beats, loses = (run.estimate(run.study.nano, measure) for measure in ("p_beats_macro", "p_loss"))
    return beats, loses, run.estimate("macro", "p_loss")


def leader(p_beats: Estimate) -> str:
    """Return "nano", "macro", "even" (45 to 55 %) or "unsure" (within two standard errors of a half)."""
    if EVEN[0] <= p_beats.value <= EVEN[1] and 2 * p_beats.se <= EVEN[1] - EVEN[0]:
        return "even"
    if clearly_above(p_beats, 0.5):
        return "nano"
    return "macro" if clearly_below(p_beats, 0.5) else "unsure"


def verdict(p_beats: Estimate, p_loss_nano: Estimate, p_loss_macro: Estimate) -> Finding:
    """Return who is ahead and how often (over paired worlds), always beside how often either loses money."""
    ahead = leader(p_beats)
    losses = f"nano loses money in {_worlds(p_loss_nano)}, the macro in {_worlds(p_loss_macro)}"
    if ahead in ("even", "unsure"):
        why = "the two are practically even" if ahead == "even" else "the simulation is too small to tell"
        share = f"{percent(p_beats.value)} ± {percent(2 * p_beats.se)}"
        return Finding(
            f"Too close to call: {losses.replace(' worlds', '')}",
            f"Too close to call: nano earns more than the macro in {share} of simulated worlds, so {why}. "
            f"{capital(losses)}.",
        )
    nano = ahead == "nano"
    wins = _worlds_of(p_beats.value if nano else 1 - p_beats.value)
    winner, loser = (p_loss_nano, p_loss_macro) if nano else (p_loss_macro, p_loss_nano)
    name, other = ("nano", "the macro") if nano else ("the macro", "nano")
    yet = "and" if winner.value < GOOD else "and still"
    title = f"{name} beats {other} in {wins} {yet} loses money in {_worlds(winner)}"
    return Finding(
        capital(title.replace(" worlds", "")),
        f"{capital(name)} is the better bet: it earns more than {other} in {wins}, {yet} loses money in "
        f"{_worlds(winner)}; {other} loses money in {_worlds(loser)}.",
    )


def _worlds(probability: Estimate) -> str:
    return _worlds_of(probability.value)


def _worlds_of(probability: float) -> str:
    return f"{odds(probability).replace(' in ', ' of ')} worlds"


def pays_anyway(break_even: float, kappa: Assumption) -> bool:
    """Return whether an arm earns its cost whatever kappa is: measured, or so over its whole range."""
    return kappa.basis == "measured" or break_even <= kappa.low


def rests_on_kappa(break_even: pd.DataFrame, kappa: Assumption) -> Finding:
    """Return which kappa the odds take, on what basis, and from which kappa on each arm pays."""
    taken = kappa_taken(kappa)
    paying = [
        f"{arm_name(str(arm))} {_from(float(even), float(se))}"
        for arm, even, se in zip(break_even.index, break_even["kappa"], break_even["se"], strict=True)
    ]
    settle = "" if kappa.basis == "measured" else "; only your own results can settle it"
    return Finding(
        f"The odds take kappa = {significant(kappa.central)} ({kappa.basis})",
        f"{taken}. On average the cost comes back for {', for '.join(paying)}. Kappa is the level of sales "
        f"per follower against the published click funnel{settle}.",
    )


def kappa_taken(kappa: Assumption) -> str:
    """Return which kappa numbers of money take, on what basis, and what else can be argued for."""
    range_ = f"{significant(kappa.low)} to {significant(kappa.high)}"
    return f"The odds take kappa = {significant(kappa.central)} ({kappa.basis}; {range_} can be argued for)"


def _from(even: float, se: float) -> str:
    """Return from where an arm pays, as a range where two standard errors show in the digits."""
    if not math.isfinite(even):
        return "at none"
    low, high = (significant(even + sign * 2 * (0.0 if math.isnan(se) else se)) for sign in (-1, 1))
    return f"from about {significant(even)} on" + (f" ({low} to {high})" if low != high else "")


def what_to_do(p_beats: Estimate, p_loss_nano: Estimate, p_loss_macro: Estimate, *,
               nano_pays: bool = True, macro_pays: bool = True,
               good: float = GOOD, poor: float = POOR) -> Finding:  # fmt: skip
    """Return one recommendation that follows from the verdict and the odds of a loss.

    nano_pays, macro_pays: whether the arm earns its cost whatever kappa is (`pays_anyway`); one whose odds
    hang on an assumed kappa is piloted before it is bought, however good they look.
    good, poor: an arm that loses at most `good` of the worlds can be bought, one that loses at least `poor`
    cannot; between the two, or within two standard errors of either, it is worth a pilot.
    """
    nano, macro = (_grade(p_loss, good, poor) for p_loss in (p_loss_nano, p_loss_macro))
    hanging = {"nano": nano == "good" and not nano_pays, "macro": macro == "good" and not macro_pays}
    nano, macro = (
        "open" if grade == "good" and not pays else grade
        for grade, pays in ((nano, nano_pays), (macro, macro_pays))
    )
    ahead = leader(p_beats)
    if nano == macro == "poor":
        return Finding(
            "Buy neither at these assumptions",
            f"Buy neither at these assumptions: both lose money in at least {percent(poor)} of worlds. "
            "Renegotiate the costs, or find out first how much a follower really buys.",
        )
    if "good" in (nano, macro):
        return _buy(nano, macro, ahead, {"nano": p_loss_nano, "macro": p_loss_macro})
    return _pilot(nano, macro, ahead, hanging)


def _grade(p_loss: Estimate, good: float, poor: float) -> str:
    if clearly_below(p_loss, good):
        return "good"
    return "poor" if clearly_above(p_loss, poor) else "open"


def _buy(nano: str, macro: str, ahead: str, p_loss: Mapping[str, Estimate]) -> Finding:
    if nano == macro and ahead in ("even", "unsure"):
        return Finding(
            "Either will do",
            "Either will do: neither is clearly ahead, and nano loses money in "
            f"{_worlds(p_loss['nano'])}, the macro in {_worlds(p_loss['macro'])}. Choose by effort and fit.",
        )
    choice = ahead if nano == macro else "nano" if nano == "good" else "macro"
    other = "macro" if choice == "nano" else "nano"
    title = "Put the budget on nano" if choice == "nano" else "Put the budget on the macro"
    losing = f"it loses money in {_worlds(p_loss[choice])}"
    if ahead == other:
        losing += f", though {_the(other)} is ahead more often"
        return Finding(title, f"{title} if a loss would hurt: {losing}.")
    return Finding(title, f"{title}: {losing}{' and is ahead more often' if ahead == choice else ''}.")


def _pilot(nano: str, macro: str, ahead: str, hanging: Mapping[str, bool]) -> Finding:
    if nano == macro:
        choice = ahead if ahead in ("nano", "macro") else "both"
    else:
        choice = "nano" if nano == "open" else "macro"
    if choice == "both":
        why = UNSETTLED if all(hanging.values()) else "each may well lose money"
        return Finding(
            "Pilot both before buying either",
            f"Pilot both before buying either: neither is clearly ahead and {why}.",
        )
    why = UNSETTLED if hanging[choice] else "it loses money too often to go all in"
    title = f"Pilot {_the(choice)} before spending the whole budget"
    if ahead not in (choice, "even", "unsure"):
        return Finding(title, f"{title}: it loses less often, though {_the(ahead)} is ahead more often.")
    return Finding(title, f"{title}: it is the better of the two, but {why}.")


def _the(arm: str) -> str:
    return "the macro" if arm == "macro" else arm


def other_offer(summary: pd.DataFrame, nano: str, currency: str) -> Finding:
    """Return whether another offer to nano creators is clearly better than the brief's.

    summary: arm, measure, value, se, as `risk.summary`. nano: the arm of the brief's offer. Clearly better is
    a higher mean profit and a smaller chance of a loss, both beyond two standard errors.
    """
    for arm in (name for name in summary["arm"].unique() if str(name).startswith("nano_") and name != nano):
        more, less = (estimate(summary, arm, name) for name in ("profit_mean", "p_loss"))
        mine, loss = (estimate(summary, nano, name) for name in ("profit_mean", "p_loss"))
        if _apart(more, mine) and _apart(loss, less):
            title = f"{capital(arm_name(arm))} does better than {arm_name(nano)}"
            gain = money(more.value - mine.value, currency)
            return Finding(
                title,
                f"{title} at these assumptions: it earns {gain} more on average and loses money in "
                f"{percent(less.value)} of worlds instead of {percent(loss.value)}.",
            )
    return Finding("No other offer is clearly better", "No other offer to nano creators is clearly better.")


def _apart(more: Estimate, less: Estimate) -> bool:
    return more.value - less.value > SURE * math.hypot(more.se, less.se)
