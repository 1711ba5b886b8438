"""What to do, how firm that is, how often each side is ahead, and what the odds rest on.

One wording of the one decision (`campaign.decision`): every page that advises reads it here. Odds are over
luck and over what is not known; those of luck alone are said in second place, and as such.
"""

import math
from dataclasses import dataclass

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.brief import Brief
from nanospread.campaign.decision import Decision
from nanospread.campaign.risk import Estimate, estimate
from nanospread.campaign.sensitivity import NOTHING
from nanospread.core.estimates import SURE, clearly_above
from nanospread.core.formatting import Finding, capital, listed, money, of_100, percent, significant
from nanospread.pages.labels import label
from nanospread.study import Run, StudyInputs

CASES = "cases"
PLAYED = "simulated campaigns"
MATERIAL = 0.1  # of what it is worth to know everything: a single belief worth less is not named [1]


@dataclass(frozen=True)
class VerdictText:
    """A decision in words: what to do, how firm that is, who is ahead how often, what the odds rest on.

    besides: what the verdict says beyond the odds, which a page says that shows them as a table; may be "".
    """

    advice: Finding
    firmness: Finding
    verdict: Finding
    rests: Finding
    besides: str


def worded(run: Run) -> VerdictText:
    """Return a run's decision in words, advice never without its firmness; on data that cannot be, that."""
    if run.study.withheld:
        return withheld(run.study)
    choice, firm = advice(run.decision, run.study.brief), firmness(run.decision, run.study.brief.currency)
    return VerdictText(
        advice=Finding(choice.title, f"{choice.text} {firm.title}."),
        firmness=firm,
        verdict=headline(run),
        rests=rests(run.study.beliefs.table()),
        besides=(_on_average(run.decision, run.study.brief.currency) + _heavy(run.decision)).strip(),
    )


def withheld(study: StudyInputs) -> VerdictText:
    """Return what stands in place of a decision where the data allow none, as `StudyInputs.withheld` says."""
    rests_on_nothing = Finding.of("Odds on such data would rest on nothing")
    title, then = "Check the data before buying anything", "They are implausible, as page 01 shows."
    reason = "the data cannot be right"
    if not study.implausible:
        title, reason = "Export nano creators before buying anything", "there are no nano creators"
        then = "Odds about creators that are not there would rest on nothing."
    no_odds = f"No odds are given, since {study.withheld}."
    return VerdictText(
        advice=Finding(title, f"{title}. {then}"),
        firmness=rests_on_nothing,
        verdict=Finding(f"No odds, since {reason}", no_odds),
        rests=rests_on_nothing,
        besides=no_odds,
    )


def advice(decision: Decision, brief: Brief) -> Finding:
    """Return what to buy and why, in money; how often it loses money stands with the odds."""
    title, reasons = _chosen(decision, brief)
    if not decision.clear:
        reasons += " More simulated campaigns would tell."
    return Finding(title, f"{title}. {capital(reasons)}")


def _chosen(decision: Decision, brief: Brief) -> tuple[str, str]:
    best, title = (
        _name(decision.best),
        chosen(decision.choice, decision.reason, decision.clear, decision.out_of_reach),
    )
    if decision.choice == NOTHING:
        if decision.reason == "loses":
            return title, f"{listed([_mean(decision, name, brief) for name in _sides(decision)])} on average."
        return title, f"{_too_risky(decision, brief, best)}."
    option = decision.options[decision.choice]
    earns = f"it earns {about(option.profit.value, brief.currency)} on average"
    if decision.reason == "safer":
        return title, f"{earns}. {capital(_too_risky(decision, brief, best))}."
    others = [_mean(decision, name, brief) for name in _sides(decision) if name != decision.choice]
    return title, f"{listed([earns, *others])}."


def chosen(choice: str, reason: str, clear: bool, out_of_reach: bool) -> str:
    """Return what to buy in a few words, without a full stop; the arguments are those of `Decision`."""
    reach = "The macro is out of reach of this budget; " if out_of_reach else ""
    if choice == NOTHING:
        neither = "do not buy nano either" if out_of_reach else "buy neither"
        return capital(f"{reach}{neither}{'' if reason == 'loses' else ', the risk is too high'}")
    if reason == "safer":
        return capital(f"{reach}choose {_name(choice)}, the safer option")
    return capital(
        f"{reach}choose {_name(choice)}" if clear else f"{reach}{_name(choice)} leads, too close to call"
    )


def _sides(decision: Decision) -> list[str]:
    return [name for name in (decision.nano, risk.RIVAL) if name in decision.options]


def _name(option: str) -> str:
    return {NOTHING: "spending nothing", risk.RIVAL: "the macro"}.get(option, "nano")


def _mean(decision: Decision, name: str, brief: Brief) -> str:
    profit = decision.options[name].profit.value
    verb = "earns" if profit >= 0 else "loses"
    return f"{_name(name)} {verb} {about(abs(profit), brief.currency)}"


def _too_risky(decision: Decision, brief: Brief, best: str) -> str:
    option, limit = decision.options[decision.best], brief.tolerate_loss
    return (
        f"{best} would earn {about(option.profit.value, brief.currency)} on average. But it loses more than "
        f"{percent(limit.share)} of the budget in {of_100(option.p_large_loss.value)}, and your plan "
        f"tolerates {of_100(limit.chance)}"
    )


def about(amount: float, currency: str) -> str:
    """Return an amount at two significant digits."""
    return money(float(f"{amount:.1e}"), currency)


def firmness(decision: Decision, currency: str) -> Finding:
    """Return in how much of what is believed the choice has the best average, and what would settle it."""
    choice = _name(decision.choice)
    if decision.firm:
        return Finding.of(
            f"This is firm, since {choice} is best in {of_100(decision.lead)} {CASES} of what is not known"
        )
    ranked = sorted(decision.options, key=lambda name: -decision.options[name].leads)
    leads = [f"{_name(name)} in {of_100(decision.options[name].leads)}" for name in ranked[1:]]
    lead = of_100(decision.options[ranked[0]].leads)
    first = f"{_name(ranked[0])} is best in {lead} {CASES} of what is not known"
    title = "This is not firm, since what is not known could still turn it"
    if decision.reason in ("safer", "too risky"):
        title = "This rests on the loss that your plan tolerates, not on the average"
    return Finding(title, f"{title}. {capital(first)}, {listed(leads)}. {_settled(decision, currency)}")


def _settled(decision: Decision, currency: str) -> str:
    if not clearly_above(decision.perfect, 0) or decision.perfect.value == 0:
        return "Finding out more before spending is not clearly worth anything."
    most, first = (
        money(float(f"{worth.value:.0e}"), currency)  # their error leaves one digit
        for worth in (decision.perfect, decision.worth)
    )
    every = f"Knowing every assumption before spending would be worth about {most}"
    if clearly_above(decision.worth, MATERIAL * decision.perfect.value):
        return f"{every}. {capital(label(decision.settles))} alone is worth {first}."
    return f"{every}. No single one is clearly worth a tenth of that."


def headline(run: Run) -> Finding:
    """Return how often each side is ahead and loses money; of a macro out of reach, what it asks for."""
    if run.study.withheld:
        return withheld(run.study).verdict
    decision, currency = run.decision, run.study.brief.currency
    if run.out_of_reach:
        alone = verdict(decision, Estimate(math.nan, math.nan), currency)
        return Finding(alone.title, f"{out_of_reach(run.quoted)} {alone.text}")
    return verdict(decision, run.estimate(run.study.nano, "p_beats_macro"), currency)


def out_of_reach(brief: Brief) -> str:
    """Return that the budget does not pay for the macro; brief: with the macro's followers looked up."""
    asks, budget = money(brief.asked_by_macro, brief.currency), money(brief.budget, brief.currency)
    return f"The macro is out of reach, since it asks {asks} and the budget is {budget}."


def verdict(decision: Decision, beats: Estimate, currency: str) -> Finding:
    """Return who is ahead how often, how often either loses money, and who is ahead on average if another.

    beats: the chance that nano earns more than the macro in the same campaign; nan without a macro.
    """
    nano = decision.options[decision.nano]
    if decision.out_of_reach:
        title = f"Nano alone loses money in {of_100(nano.p_loss.value)}"
        return Finding(title, f"{title} {PLAYED}.{_heavy(decision)}")
    macro = decision.options[risk.RIVAL]
    losses = f"nano loses money in {of_100(nano.p_loss.value)}, the macro in {of_100(macro.p_loss.value)}"
    if decision.more_often in ("even", "unsure"):
        why = "are level" if decision.more_often == "even" else "cannot be told apart by so few"
        title = f"Too close to call, since {losses}"
        share = f"{of_100(beats.value)} {PLAYED}"
        text = f"Nano earns more than the macro in {share}, so the two {why}. {capital(losses)}."
        return Finding(title, text + _on_average(decision, currency) + _heavy(decision))
    ahead, behind, chance, losing = "nano", "the macro", beats.value, nano
    if decision.more_often == "macro":
        ahead, behind, chance, losing = "the macro", "nano", 1 - beats.value, macro
    title = f"{ahead} beats {behind} in {of_100(chance)} and loses money in {of_100(losing.p_loss.value)}"
    text = f"{ahead} earns more than {behind} in {of_100(chance)} {PLAYED}. {capital(losses)}."
    return Finding(capital(title), capital(text) + _on_average(decision, currency) + _heavy(decision))


def _on_average(decision: Decision, currency: str) -> str:
    """Return that the side ahead more often is not the one ahead on average, where that is so."""
    often, average = decision.more_often, decision.more_on_average
    if average not in ("nano", "macro") or often == average:
        return ""
    less, more = sorted(decision.options[name].profit.value for name in (decision.nano, risk.RIVAL))
    clause = f"{_name(average)} earns more ({about(more, currency)} against {about(less, currency)})"
    return f" On average, however, {clause}."


def _heavy(decision: Decision) -> str:
    if not decision.heavy:
        return ""
    share = percent(decision.options[decision.best].top_share)
    return f" The luckiest 1 of 100 bring {share} of what {_name(decision.best)} earns."


def rests(table: pd.DataFrame) -> Finding:
    """Return how many orders clicks bring, and what that was learned from; table: `Beliefs.table`."""
    rows = {side: table.loc[f"orders_per_100_clicks_{side}"].to_dict() for side in ("nano", "macro")}
    each = [
        f"100 {side} clicks bring {significant(row['p50'])} orders "
        f"({significant(row['p10'])} to {significant(row['p90'])})"
        for side, row in rows.items()
    ]
    source = str(rows["nano"]["learned_from"])
    if source:
        title = f"How well posts sell is learned from {source}"
        before = significant(float(rows["nano"]["prior_p50"]))
        return Finding(
            title, f"{title}. {capital(listed(each))}. Before them, {before} were expected of nano."
        )
    title = "How well posts sell is assumed, since there are no results yet"
    return Finding(title, f"{title}. {capital(listed(each))}. Only your own results can tell.")


def luck_alone(run: Run) -> Finding:
    """Return the odds of the same run with every assumption at its central value: of luck alone."""
    if run.study.withheld:
        return withheld(run.study).verdict
    odds, nano = run.odds("central").to_dict("index"), run.study.nano
    lost = [
        f"{_name(name)} loses money in {of_100(odds[name]['p_loss'])}"
        for name in (nano, risk.RIVAL)
        if name in odds
    ]
    beats = odds[nano]["p_beats_macro"]
    ahead = "" if math.isnan(beats) else f"nano beats the macro in {of_100(beats)}, "
    title = "If every assumption were at its usual value, luck alone would remain"
    return Finding(title, f"{title}. Then {ahead}{listed(lost)} {PLAYED}.")


def other_offer(summary: pd.DataFrame, nano: str, currency: str) -> Finding:
    """Return whether another offer to nano creators is clearly better than the brief's.

    summary: arm, measure, value, se, as `risk.summary`. nano: the arm of the brief's offer. Clearly better is
    a higher mean profit and a smaller chance of a loss, both beyond two standard errors.
    """
    for arm in (name for name in summary["arm"].unique() if str(name).startswith("nano_") and name != nano):
        more, less = (estimate(summary, arm, name) for name in ("profit_mean", "p_loss"))
        mine, loss = (estimate(summary, nano, name) for name in ("profit_mean", "p_loss"))
        if _apart(more, mine) and _apart(loss, less):
            title = f"{capital(label(arm))} does better than {label(nano)}"
            gain = money(more.value - mine.value, currency)
            return Finding(
                title,
                f"{title}. It earns {gain} more on average and loses money in {of_100(less.value)} "
                f"instead of {of_100(loss.value)}.",
            )
    return Finding.of("No other offer to nano creators is clearly better")


def _apart(more: Estimate, less: Estimate) -> bool:
    return more.value - less.value > SURE * math.hypot(more.se, less.se)
