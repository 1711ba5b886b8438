"""Whom to write to now, when to go on or to stop, how often that errs, what it is worth: on every page.

A plan is a `campaign.staged.StagedPlan`, a state a `campaign.running.Running`. Where a campaign runs, its own
rule decides and is not planned anew. Where the advice is the macro, or to spend nothing, no batch is shown.
"""

import math
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.running import Running
from nanospread.campaign.sensitivity import NOTHING
from nanospread.campaign.staged import MacroQuestion, StagedPlan
from nanospread.core.estimates import SURE, Estimate, clearly_above
from nanospread.core.formatting import (
    Finding,
    capital,
    count,
    counted,
    day,
    handle,
    listed,
    money,
    of_100,
    percent,
    significant,
)
from nanospread.pages.labels import label
from nanospread.pages.plans import WHY_OTHER, brings
from nanospread.pages.show import Metric
from nanospread.pages.verdict import about
from nanospread.study import Run
from nanospread.study.planning import ROSTER

STAGED, ALL_NOW, MACRO = "staged", "all_now", "macro"
ORDERS, COST, CLICKS = "orders", "cost_per_order", "clicks"
OTHERS = (ALL_NOW, "fixed_pilot", MACRO, NOTHING)  # what batches are compared with, in this order
NAMED = 0.01  # of what everything at once costs: a smaller gain is none to a reader [1]
RISKIER = 0.01  # more often a large loss, from which on that is said [1]
COUNTED = {ORDERS: "orders", CLICKS: "clicks", COST: "for each order"}
THRESHOLDS = {"go_on", "stop", "otherwise"}
BY = {ORDERS: "orders", CLICKS: "clicks alone", COST: "the cost of an order"}


NOBODY = StagedPlan(  # in the place of a plan where the list is empty
    batches=pd.DataFrame(columns=["batch", "contacts", "posts", "write_on", "look_on", "p_sent"]),
    looks=pd.DataFrame(columns=["measure"]),
    errors=pd.DataFrame(),
    values=pd.DataFrame(columns=["profit_mean", "profit_mean_se", "p_loss", "cost_mean"]),
    perfect=Estimate(0.0, 0.0),
    captured=math.nan,
    choice=NOTHING,
    macro_question=MacroQuestion(),
    creators=pd.DataFrame(columns=["creator", "batch"]),
    rule={},
    notes=(),
)


def in_batches(plan: StagedPlan) -> bool:
    """Return whether the plan looks at the orders of a first batch before it goes on."""
    return plan.choice not in (NOTHING, MACRO, ALL_NOW) and plan.sequential


def written_to(outreach: pd.DataFrame, state: Running | None) -> frozenset[str]:
    """Return who was written to for the running campaign, or for one that the log does not name."""
    campaigns = [] if state is None else [state.campaign, ""]
    return frozenset(outreach.loc[outreach["campaign"].isin(campaigns), "creator"])


def to_write_to(
    plan: StagedPlan, state: Running | None = None, contacted: Collection[str] = ()
) -> pd.DataFrame:
    """Return the creators to write to now, in order of contact; nobody where the advice is not nano.

    state: of the campaign whose rule is in force, which then decides. contacted: whom it wrote to already.
    """
    if state is not None and state.look is not None:
        left = plan.creators[~plan.creators["creator"].isin(list(contacted))]
        return left.head({"go on": len(left), "next batch": state.look.write_to}.get(state.look.verdict, 0))
    if plan.choice in (NOTHING, MACRO):
        return plan.creators.head(0)
    return plan.creators[plan.creators["batch"] == 1] if in_batches(plan) else plan.creators


def now(run: Run, plans: pd.DataFrame, plan: StagedPlan, state: Running | None = None) -> tuple[str, ...]:
    """Return what to do now, one sentence or a few each: whom to write to, and when to stop.

    plans: as `Study.plans`. state: of the campaign whose rule is in force, None where none is.
    """
    currency = run.study.brief.currency
    if run.study.withheld:
        return ()
    if state is not None and state.look is not None:
        return (running(state).text,)
    if plan.choice == MACRO:
        orders, cost = (run.estimate(MACRO, name).value for name in ("conversions_mean", "cost_mean"))
        expect = f"Expect {significant(orders)} orders for {about(cost, currency)}."
        return (f"{next_batch(plan, currency).text} {expect}",)
    if not in_batches(plan):
        row = plans.to_dict("index")[ROSTER]
        sent = len(to_write_to(plan)) > 0
        expect = f" {brings(row, currency)} {WHY_OTHER}" if sent else ""
        expect += f" {THE_LIST_ALONE}" if sent and run.decision.choice == NOTHING else ""
        return (f"{next_batch(plan, currency).text}{expect}",)
    unlike = "" if run.decision.choice == run.study.nano else f" {UNLIKE}"
    return (next_batch(plan, currency).text + unlike, rule(plan.looks, currency).text)


UNLIKE = "All at once is not advised; a first batch is, since you can still stop after it."
THE_LIST_ALONE = "The whole budget is not advised; the creators you have are, since they can lose less."
LIST_ALONE = "Write to the creators you have, and spend no more"
IN_BATCHES = {  # of why a decision is what it is -> what a first batch makes of it
    "pays": "Choose nano, in batches",
    "safer": "Choose nano in batches, the safer option",
    "too risky": "Try nano in batches, since all at once the risk is too high",
    "unclear": "Try nano in batches, since all at once is too close to call",
    "loses": "Try nano in batches, since all at once it would lose money",
}


def advice(run: Run, plan: StagedPlan, all_at_once: Finding, state: Running | None = None) -> Finding:
    """Return the decision on the whole budget as the plan changes it: in batches, or the list alone.

    all_at_once: `VerdictText.advice`, which stays where no batch is sent, the macro leads or a campaign
    runs.
    """
    decision = run.decision
    sends = plan.choice not in (NOTHING, MACRO) and not in_force(state) and not run.study.withheld
    if not sends or decision.choice not in (run.study.nano, NOTHING) or decision.out_of_reach:
        return all_at_once
    if in_batches(plan):
        title = IN_BATCHES[decision.reason if decision.clear else "unclear"]
    elif decision.choice == NOTHING:
        title = LIST_ALONE
    else:
        return all_at_once
    return Finding(title, all_at_once.text.replace(all_at_once.title, title, 1))


def next_batch(plan: StagedPlan, currency: str) -> Finding:
    """Return whom a new campaign writes to first, what it brings and costs; or why to nobody."""
    names, everybody = len(to_write_to(plan)), len(plan.creators)
    if plan.choice == MACRO:
        return Finding("Book one macro", "Book one macro. A batch of nano creators first would not pay.")
    if plan is NOBODY:
        return Finding.of("Your data hold nobody who is worth writing to")
    if not names:
        title = "Write to nobody yet"
        return Finding(title, f"{title}. Not even a first batch is worth its cost.")
    if not in_batches(plan):
        whom = f"all {counted(names, 'creator')}" if names > 1 else "the only creator"
        title = f"Write to {whom} now"
        order = "in the order of the list, until the money ends"
        reason = next(iter(plan.notes), "Waiting for the orders of a first batch would not pay.")
        return Finding(title, f"{title}, {order}. {reason}")
    row: Mapping[Any, Any] = plan.batches.iloc[0].to_dict()
    title = f"Write to the first {counted(names, 'creator')} now"
    live, look = _day(row["live_by"]), _day(row["look_on"])
    return Finding(
        title,
        f"{title}, of {count(everybody)} on the list. Expect {counted(row['posts'], 'live post')} for "
        f"{about(row['cost'], currency)}. They should be live by {live}; look at their orders on {look}.",
    )


def unsaid(plan: StagedPlan, *sentences: str) -> tuple[str, ...]:
    """Return what a reader must know of a plan that is sent and these sentences do not say already."""
    if plan.choice in (NOTHING, MACRO):
        return ()
    return tuple(note for note in plan.notes if not any(note in sentence for sentence in sentences))


def _day(moment: object) -> str:
    return day(pd.Timestamp(str(moment)))


def in_force(state: Running | None) -> bool:
    """Return whether a campaign's own rule decides, so that nothing is planned anew."""
    return state is not None and state.look is not None


def looks(plan: StagedPlan, brief: Brief, state: Running | None = None) -> pd.DataFrame:
    """Return the looks that decide, as `StagedPlan.looks`: the brief's rule where it is in force.

    None where no batch is sent.
    """
    batches = brief.batches
    if not in_force(state) or batches.rule is None:
        return plan.looks if in_batches(plan) else plan.looks.head(0)
    rows = [
        {**ends.model_dump(include=THRESHOLDS), "posts": look.posts, "batch": at, "measure": measure}
        for at, look in enumerate(batches.rule.looks, start=1)
        for measure, ends in ((ORDERS, look), (CLICKS, look.clicks))
        if ends
    ]
    return pd.DataFrame(rows).assign(days=batches.days)


def rule(looks: pd.DataFrame, currency: str, measure: str = ORDERS) -> Finding:
    """Return the rule of the first look: from what on to go on, below what to stop, and what lies between.

    looks: as `looks`. measure: orders, cost_per_order or clicks. Empty where no batch is sent.
    """
    first, *later = looks_by(looks, measure) or [{}]
    if not first:
        return Finding("", "")
    return look_words(first, currency, more=later[0]["posts"] - first["posts"] if later else 0)


def looks_by(looks: pd.DataFrame, measure: str) -> list[dict[str, Any]]:
    """Return the looks of one measure as records, the first first."""
    rows = looks[looks["measure"] == measure].to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def look_words(look: Mapping[str, Any], currency: str, *, more: int = 0) -> Finding:
    """Return one look in words. look: a row of `StagedPlan.looks`; more: live posts of the next batch."""
    measure = look["measure"]
    cost = measure == COST
    go_on, stop = (_amount(look[name], measure, currency) for name in ("go_on", "stop"))
    posts, within = counted(look["posts"], "live post"), counted(look["days"], "day")
    then = "book the macro" if look["otherwise"] == MACRO else "stop"
    beyond, each = "above" if cost else "below", COUNTED[measure]
    lines = [
        f"Go on with the whole list if the first {posts} {'cost' if cost else 'bring'} "
        f"{'at most' if cost else 'at least'} {go_on} {each} within {within}."
        if go_on
        else f"Look when the first {posts} are {within} old, but do not go on with the whole list yet."
    ]
    if stop and go_on == stop:
        lines.append(f"Otherwise {then}.")
    elif stop:
        lines.append(f"{capital(then)} {beyond} {stop}.")
    else:
        lines.append("Nothing that this look can show is a reason to stop.")
    if go_on != stop and more:
        lines.append(f"{'In between' if go_on and stop else 'Else'}, write for {counted(more, 'more post')}.")
    title = f"Go on at {go_on} {each}" if go_on else f"Look at {posts}"
    return Finding(f"{title}, {then} {beyond} {stop}" if stop else title, " ".join(lines))


def _amount(number: float, measure: str, currency: str) -> str:
    """Return a threshold as it is said; "" where no number of orders is beyond it."""
    if not math.isfinite(number) or number <= 0:
        return ""
    return money(number, currency) if measure == COST else count(number)


def looks_shown(looks: pd.DataFrame, currency: str, measure: str = ORDERS) -> pd.DataFrame:
    """Return every look of a measure as it is read: after which posts, what to go on at, what to stop at."""
    cost = measure == COST
    rows = []
    for look in looks_by(looks, measure):
        go_on, stop = (_amount(look[name], measure, currency) for name in ("go_on", "stop"))
        then = "book the macro" if look["otherwise"] == MACRO else "stop"
        rows.append(
            {
                "after": counted(look["posts"], "live post"),
                "go on with all": f"{go_on} or {'less' if cost else 'more'}" if go_on else "never",
                "next batch": "in between" if go_on != stop else "never",
                then: f"{'above' if cost else 'below'} {stop}" if stop else "never",
            }
        )
    return pd.DataFrame(rows)


def rules_shown(looks: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Return every look of every measure as it is read: by orders, by the cost of an order, by clicks."""
    tables = {words: looks_shown(looks, currency, measure) for measure, words in BY.items()}
    parts = [table.assign(by=words) for words, table in tables.items() if len(table)]
    return pd.concat(parts, ignore_index=True).fillna("never") if parts else pd.DataFrame()


def batches_shown(plan: StagedPlan) -> pd.DataFrame:
    """Return the batches with the columns of an open table; none where none is sent."""
    rows = plan.batches if in_batches(plan) else plan.batches.head(0)
    return rows[["batch", "contacts", "posts", "write_on", "look_on", "p_sent"]].rename(
        columns={"contacts": "write_to"}
    )


def errs(plan: StagedPlan, measure: str = ORDERS) -> Finding:
    """Return how often the rule stops what pays, and goes on with what does not; empty without a rule."""
    if not in_batches(plan):
        return Finding("", "")
    row: Mapping[Any, Any] = plan.errors.loc[measure].to_dict()
    stops, sends = of_100(row["p_stop_paying"]), of_100(row["p_go_on_losing"])
    if measure == ORDERS:
        title = f"The rule stops {stops} campaigns that would pay"
        return Finding(title, f"{title}. It goes on with {sends} that would lose money.")
    return Finding.of(
        f"By {BY[measure]} it stops {stops} that would pay, and goes on with {sends} that would not"
    )


def worth(plan: StagedPlan, brief: Brief) -> Finding:
    """Return what batches earn beside each other way, how often they lose, and what knowing all would add."""
    if plan.choice == NOTHING:
        return _no_way(plan, brief.currency)
    currency = brief.currency
    others = [name for name in OTHERS if plan.sequential or name != ALL_NOW]
    rows = plan.values.to_dict("index")
    gains = {name: Estimate(rows[name]["gain"], rows[name]["gain_se"]) for name in others if name in rows}
    threshold = NAMED * rows[ALL_NOW]["cost_mean"]  # beyond the simulation's error, and enough to name
    more, less = (
        [name for name, gain in gains.items() if sign * gain.value > max(SURE * gain.se, threshold)]
        for sign in (1, -1)
    )
    level = [label(name) for name in gains if name not in [*more, *less]]
    way = "In batches the list" if plan.sequential else "The list all at once"
    parts = [f"{way} earns {about(rows[STAGED]['profit_mean'], currency)} on average."]
    for names, word in ((more, "more"), (less, "less")):
        if names:
            amounts = [
                f"{about(abs(gains[name].value), currency)} {word} than {label(name)}" for name in names
            ]
            parts.append(f"That is {listed(amounts)}.")
    if level:
        parts.append(f"It earns about as much as {listed(level)}.")
    if plan.sequential:  # else `now` says it
        loses, at_once = (of_100(rows[way]["p_loss"]) for way in (STAGED, ALL_NOW))
        parts.append(f"It loses money in {loses} simulated campaigns, all at once in {at_once}.")
        large, large_at_once = (rows[way]["p_large_loss"] for way in (STAGED, ALL_NOW))
        if large_at_once - large >= RISKIER:
            lost = f"It loses more than {percent(brief.tolerate_loss.share)} of the budget"
            parts.append(f"{lost} in {of_100(large)}, all at once in {of_100(large_at_once)}.")
    if math.isfinite(plan.captured) and clearly_above(plan.perfect, 0) and in_batches(plan):
        share = percent(float(f"{min(max(plan.captured, 0.0), 1.0):.2f}"))
        full = about(plan.perfect.value, currency)
        parts.append(
            f"Knowing everything first would be worth {full}; looking after a batch gets {share} of it."
        )
    title = "Batches earn about as much as everything at once"
    if not plan.sequential:
        title = "Everything at once earns as much as the best batches"
    if ALL_NOW in [*more, *less]:
        word = "more" if ALL_NOW in more else "less"
        title = f"Batches earn {about(abs(gains[ALL_NOW].value), currency)} {word} than everything at once"
    if plan.choice == MACRO and MACRO in less:
        title = f"The macro earns {about(-gains[MACRO].value, currency)} more than batches"
    return Finding(title, " ".join(parts))


def _no_way(plan: StagedPlan, currency: str) -> Finding:
    """Return what each way to spend the budget comes to where none is advised."""
    means = {
        name: mean for name, mean in plan.values["profit_mean"].to_dict().items() if name in (ALL_NOW, MACRO)
    }
    if not means:
        return Finding("", "")
    title = "No way to spend the budget is advised"
    each = [
        f"{label(str(name))} {'earns' if mean >= 0 else 'loses'} {about(abs(mean), currency)}"
        for name, mean in means.items()
    ]
    return Finding(title, f"{title}. On average {listed(each)}.")


def against_macro(plan: StagedPlan, brief: Brief) -> Finding:
    """Return whether only a larger creator's post tells nano from macro, and what that test is worth.

    Empty where the budget pays for no macro.
    """
    question, currency = plan.macro_question, brief.currency
    if not question.followers:
        return Finding("", "")
    fee = about(question.fee, currency)
    test = f"A post of a creator with {count(question.followers)} followers costs {fee}"
    turns = f"Its answer would change the decision in {of_100(question.changes)} cases"
    if question.needed:
        title = "Only a larger creator's post tells nano from the macro"
        then = f"Book the macro if it brings at least {counted(question.orders, 'order')} in "
        then += counted(brief.batches.days, "day")
        worth_it = f"It is worth {about(question.value, currency)} after its cost"
        return Finding(title, f"{title}. {test}. {then}. {turns}. {worth_it}.")
    title = "No test with a larger creator is worth its cost"
    reason = {
        "same decision": f"{test}, and no answer of it makes a better decision",
        "too risky": f"{test}. Even after a good answer the macro would lose too much too often",
    }.get(question.reason, f"{test}. {turns}, which is worth less than that")
    return Finding(title, f"{title}. {reason}.")


def running(state: Running) -> Finding:
    """Return where a campaign under a rule stands and what its rule says now; empty where no rule is."""
    look = state.look
    if look is None:
        return Finding("", "")
    unit, late = {ORDERS: ("order", ", when late orders are in"), CLICKS: ("click", "")}[look.measure]
    result, posts = counted(look.brought, unit), counted(look.posts, "live post")
    bounds = f"go on from {counted(look.go_on, unit)}, stop below {count(look.stop)}"
    name = handle(state.campaign)
    so_far = (
        f"{name} has {count(look.live)} of the {posts} that look {look.number} needs, with {result} so far"
    )
    if look.verdict == "go on":
        title = f"Go on with {name}: write to everybody left on the list"
        reason = f"Its first {counted(look.live, 'live post')} brought {result}, enough to go on"
    elif look.verdict in ("stop", MACRO):
        title = f"Stop {name}: write to nobody else"
        if look.verdict == MACRO:
            title = f"Book the macro and write to nobody else for {name}"
        fewer = f"fewer than {count(look.stop)}"
        reason = f"Its first {counted(look.live, 'live post')} brought {result}, {fewer}"
    elif look.write_to:
        title = f"Write to the next {counted(look.write_to, 'creator')} for {name}"
        reason = f"{capital(so_far)}. The rule then says {bounds}"
    else:
        title = f"Write to nobody new for {name} yet"
        until = "" if pd.isna(look.due_on) else f" The look is due on {_day(look.due_on)}{late}."
        return Finding(title, f"{title}. {capital(so_far)}.{until} Then {bounds}.")
    return Finding(title, f"{title}. {reason}.")


def where(names: pd.DataFrame) -> str:
    """Return which page lists whom to write to; empty where there is nobody."""
    return "Page 09 lists them in order, with what to say to each." if len(names) else ""


def by_batch(state: Running | None) -> tuple[str, ...]:
    """Return a sentence for each batch of a running campaign that anybody was written to for."""
    if state is None:
        return ()
    return tuple(
        f"{capital(handle(state.campaign))}, batch {row['batch']}: {counted(row['contacted'], 'creator')} "
        f"written to, {counted(row['live'], 'post')} live, {_so_far(row)}."
        for row in batch_states(state).to_dict("records")
    )


def _so_far(row: Mapping[Any, Any]) -> str:
    known = (
        "no orders known" if pd.isna(row["orders"]) else f"{counted(round(row['orders']), 'order')} so far"
    )
    return f"{known} and about {significant(row['orders_to_come'])} to come"


def batch_states(state: Running) -> pd.DataFrame:
    """Return the batches of a running campaign that anybody was written to for, as they are read."""
    rows = state.batches[state.batches["contacted"] + state.batches["live"] > 0]
    return rows[["batch", "contacted", "accepted", "live", "orders", "orders_to_come"]]


def checked_rows(plan: StagedPlan, looks: pd.DataFrame, *, currency: str) -> pd.DataFrame:
    """Return what batches and the other ways earn and lose, and the rule's numbers; looks: as `looks`."""
    rows = []
    for name, row in plan.values.to_dict("index").items():
        words = {"way": name, "name": label(name), "currency": currency}
        mean = Estimate(row["profit_mean"], row["profit_mean_se"])
        rows.append(Metric.played("batches_profit_mean_{way}", mean, math.nan, words))
        rows.append(Metric.of("batches_p_loss_{way}", row["p_loss"], "estimated", words=words))
    for look in looks_by(looks, ORDERS):
        for name in ("posts", "go_on", "stop"):
            at = {"at": look["batch"]}
            rows.append(Metric.of(f"look_{{at}}_{name}", float(look[name]), "estimated", words=at))
    if in_batches(plan):
        error: Mapping[Any, Any] = plan.errors.loc[ORDERS].to_dict()
        for name in ("p_stop_paying", "p_go_on_losing"):
            share = Estimate(error[name], error[f"{name}_se"])
            rows.append(Metric.played(f"rule_{name}", share, math.nan))
    rows.append(Metric.played("batches_perfect", plan.perfect, math.nan, {"currency": currency}))
    rows.append(Metric.of("batches_captured", plan.captured, "estimated"))
    return pd.DataFrame(rows)
