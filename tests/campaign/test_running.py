"""Proves what a rule says of a running campaign: by hand, look by look, and that it never hurries to stop."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanospread.campaign import brief as briefs
from nanospread.campaign import recruitment, running
from nanospread.campaign.brief import Batches, Rule
from nanospread.core.errors import InputError
from outreach_logs import DTYPES, log, together

BRIEF = briefs.read("sample")
START = pd.Timestamp("2026-11-02", tz="UTC")
NAME = "2026-winter"
DAYS = 10
NO_ORDERS = pd.DataFrame({
    "campaign": pd.Series(dtype="str"), "creator": pd.Series(dtype="str"),
    "ordered_at": pd.Series(dtype=DTYPES["posted_at"]), "orders": pd.Series(dtype="float64"),
})  # fmt: skip
TYPES = {"campaign": "str", "creator": "str", "period": "str", "orders": "float64", "clicks": "float64",
         "posted_at": DTYPES["posted_at"], "as_of": DTYPES["posted_at"]}  # fmt: skip
FUNNEL = recruitment.funnel(log(), BRIEF, as_of=START)
NOBODY = pd.Series(dtype="float64")
TWO = [{"posts": 4, "go_on": 20, "stop": 8}, {"posts": 8, "go_on": 24, "stop": 24, "otherwise": "macro"}]


def day(number):
    return START + pd.Timedelta(days=number)


def contacts(number, first=0, start=0, **columns):
    """Return so many contacts of the campaign made on one day, who all accepted and posted a week later."""
    base = {"replied": True, "accepted": True, "posted": True, "posted_at": day(start + 7)}
    names = [f"c{first + at:03}" for at in range(number)]
    return log(number, creator=names, campaign=NAME, contacted_at=day(start), **(base | columns))


def results(creators, orders, **columns):
    """Return a row of results for each of these creators; orders: one number, or each one's."""
    base = {"campaign": NAME, "creator": list(creators), "period": "", "orders": orders, "clicks": math.nan,
            "posted_at": pd.NaT, "as_of": pd.NaT} | columns  # fmt: skip
    frame = pd.DataFrame(base)
    when = {name: pd.to_datetime(frame[name], utc=True) for name in ("posted_at", "as_of")}
    return frame.assign(**when).astype(TYPES)


def ordered(creator, *days, orders=1.0):
    when = pd.to_datetime([day(number) for number in days]).as_unit("us")
    return pd.DataFrame({"campaign": NAME, "creator": creator, "ordered_at": when, "orders": orders})


def known(outreach=None, rows=None, orders=NO_ORDERS, at=40, until=None, followers=3_000):
    outreach = log() if outreach is None else outreach
    rows = results([], []) if rows is None else rows
    names = sorted({*outreach["creator"], *rows["creator"]})
    roster = pd.DataFrame({"creator": names, "niche": "food", "followers": followers})
    last = pd.NaT if until is None else day(until)
    return running.CampaignRecords(outreach, rows, roster, orders, last, day(at), "instagram")


def brief(looks=TWO, planned="2026-11-01", **batches):
    rule = Rule(campaign=NAME, planned=planned, terms="abcd", looks=looks)
    return BRIEF.model_copy(update={"batches": Batches(days=DAYS, rule=rule, **batches)})


def state(of=None, looks=TWO, to_come=NOBODY, terms="", **words):
    of = of or known(**words)
    return running.running(brief(looks), of, FUNNEL, to_come, terms=terms)


def four(orders, at=40, **columns):
    """Return the state with the first look's posts live on day 7, this many orders each."""
    out = contacts(4)
    return state(outreach=out, rows=results(out["creator"], orders, as_of=day(at), **columns), at=at)


# --- what the rule says


def test_before_anybody_was_written_to_it_says_to_write_to_as_many_as_the_look_needs():
    now = state()
    assert (now.started, now.look.verdict) == (False, "next batch")
    assert now.look.write_to == running.OutreachCapacity.of(BRIEF, FUNNEL).contacts(4)
    assert now.notes == (f"Nobody has been written to for {NAME} yet.",)
    assert now.batches[["contacted", "live", "orders"]].to_numpy().sum() == 0


def test_contacts_for_posts_are_the_mean_over_rates_and_none_more_than_the_budget_pays():
    sender = running.OutreachCapacity(np.array([0.1, 0.2, 0.001]), 100.0, 20_000)
    assert sender.contacts(4) == math.ceil((40 + 20 + 100) / 3)
    values = BRIEF.values
    cost = values.labour_per_contact + BRIEF.opt_in * BRIEF.goods
    cost += FUNNEL.posting.mean() * values.overhead_per_creator
    assert running.OutreachCapacity.of(BRIEF, FUNNEL).longest == pytest.approx(BRIEF.budget / cost)


def test_no_more_are_written_to_at_once_than_the_team_can():
    asked = brief(capacity=7)
    assert running.running(asked, known(), FUNNEL, NOBODY).look.write_to == 7


def test_who_was_written_to_lately_is_waited_for():
    out = contacts(40, replied=False, accepted=False, posted=False, posted_at=pd.NaT)
    assert state(outreach=out, at=3).look[-2:] == ("wait", 0)
    assert state(outreach=out, at=3).notes == (f"No post of {NAME} is live yet.",)
    assert state(outreach=out, at=300).look.verdict == "next batch"  # nobody of them answers any more


@pytest.mark.parametrize(
    ("each", "verdict"),
    [(5.0, "go on"), (6.0, "go on"), (4.75, "next batch"), (2.0, "next batch"), (1.75, "stop")],
)
def test_a_look_that_is_due_decides_by_its_thresholds(each, verdict):
    now = four(each, at=17)
    first = now.looks.iloc[0]
    assert (first["brought"], first["verdict"]) == (4 * each, verdict)
    assert first["due_on"] == day(17)
    assert now.look.number == (2 if verdict == "next batch" else 1)


@settings(max_examples=15)
@given(at=st.integers(7, 60), each=st.floats(0, 1.9))
def test_nothing_is_stopped_before_its_last_post_is_old_enough(at, each):
    verdict = four(each, at=at).look.verdict
    assert verdict == ("stop" if at >= 17 else "wait")


def test_orders_that_suffice_go_on_before_the_look_is_due():
    assert four(5.0, at=9).look.verdict == "go on"
    assert four(4.0, at=9).look.verdict == "wait"


def test_the_last_look_decides_by_all_of_its_posts():
    second = contacts(4, first=4, start=18)
    out = together(contacts(4), second)
    rows = results(out["creator"], 3.0, as_of=[day(17)] * 4 + [day(35)] * 4)
    now = state(outreach=out, rows=rows, at=35)
    assert now.looks["verdict"].tolist() == ["next batch", "go on"]
    fewer = rows.assign(orders=[3.0] * 4 + [2.0] * 4)
    assert state(outreach=out, rows=fewer, at=35).look.verdict == "macro"
    early = fewer.assign(as_of=[day(17)] * 4 + [day(34)] * 4)
    assert state(outreach=out, rows=early, at=34).look.verdict == "wait"
    assert now.batches["contacted"].tolist() == [4, 4, 0]
    assert now.batches["orders"].tolist() == [12, 12, 0]


def test_more_orders_never_make_a_verdict_worse():
    order = ["stop", "next batch", "go on"]
    said = [order.index(four(each / 4, at=20).looks["verdict"].iloc[0]) for each in range(0, 30, 3)]
    assert said == sorted(said)
    assert set(said) == {0, 1, 2}


def test_when_all_have_ended_with_fewer_posts_thresholds_are_brought_down_and_it_is_said():
    out = together(contacts(3), contacts(9, first=3, accepted=False, posted=False, posted_at=pd.NaT))
    now = state(outreach=out, rows=results(out["creator"][:3], 1.0, as_of=day(200)), at=200)
    assert now.look[5:8] == (15, 6, True)
    assert (now.look.live, now.look.posts, now.look.verdict) == (3, 4, "stop")
    assert any("brought down in proportion" in note for note in now.notes)
    one = state(outreach=out[2:], rows=results(out["creator"][2:3], 1.0, as_of=day(200)), at=200)
    assert (one.look.scaled, one.look.verdict) == (False, "next batch")  # one post of four tells too little


# --- which orders count


def test_orders_count_by_their_date_within_the_days_of_the_post():
    out = contacts(1)
    each = ordered("c000", 6, 7, 12, 17, 18, 30)
    mine = known(outreach=out, rows=results(["c000"], 6.0, as_of=day(40)), orders=each).of(NAME, None)
    rows = running.in_window(running.live_posts(mine), mine, days=DAYS, delay=5.0)
    assert rows["counted"].tolist() == [3.0]
    assert not rows["estimated"].any()


def test_an_order_is_of_the_last_post_before_it():
    rows = results(["c000"] * 2, 2.0, posted_at=[day(0), day(8)], as_of=day(40))
    mine = known(rows=rows, orders=ordered("c000", 2, 9, 12, 17)).of(NAME, None)
    counted = running.in_window(running.live_posts(mine), mine, days=DAYS, delay=5.0)["counted"]
    assert counted.tolist() == [1.0, 3.0]


def test_of_a_total_of_more_days_as_much_counts_as_comes_in_time_and_it_is_said():
    mine = known(outreach=contacts(1), rows=results(["c000"], 50.0, as_of=day(27))).of(NAME, None)
    rows = running.in_window(running.live_posts(mine), mine, days=DAYS, delay=5.0)
    assert rows["counted"].tolist() == pytest.approx([50 * (1 - math.exp(-2)) / (1 - math.exp(-4))])
    assert rows["estimated"].all()
    young = known(outreach=contacts(1), rows=results(["c000"], 50.0, as_of=day(17))).of(NAME, None)
    assert running.in_window(running.live_posts(young), young, days=DAYS, delay=5.0)["counted"].tolist() == [
        50
    ]
    assert any("only the total is known: about" in note for note in four(5.0).notes)


def test_a_sheet_that_counts_more_than_has_dates_is_believed():
    mine = known(outreach=contacts(1), rows=results(["c000"], 9.0, as_of=day(17)), orders=ordered("c000", 9))
    mine = mine.of(NAME, None)
    assert running.in_window(running.live_posts(mine), mine, days=DAYS, delay=5.0)["counted"].tolist() == [9]


def test_a_look_waits_for_an_old_export_of_orders_and_says_so():
    old = four(1.0, at=40).looks  # counted on the day of the data
    assert old["verdict"].tolist() == ["stop"]
    out = contacts(4)
    now = state(outreach=out, rows=results(out["creator"], 1.0, as_of=day(16)), at=40)
    assert now.look.verdict == "wait"
    assert any(note.startswith("Orders are known up to 18 Nov 2026 only") for note in now.notes)
    lately = state(outreach=out, rows=results(out["creator"], 1.0, as_of=day(16)), at=18, until=16)
    assert lately.look.verdict == "stop"  # two days without any order are no old export


def test_posts_without_a_result_keep_a_look_waiting_by_name():
    out = contacts(4)
    now = state(outreach=out, rows=results(out["creator"][:3], 1.0, as_of=day(40)))
    assert now.look.verdict == "wait"
    assert any("waits for results of 1 live post: c003." in note for note in now.notes)


def test_without_results_nothing_is_decided():
    now = state(outreach=contacts(4))
    assert (now.look.verdict, now.look.brought) == ("wait", 0)
    assert now.notes == (f"No orders of {NAME} are known yet.",)
    assert now.batches["orders"].isna().tolist() == [True, False, False]
    clicks = four(math.nan, clicks=9.0)
    assert (clicks.look.verdict, clicks.look.measure) == ("wait", "orders")
    assert clicks.notes[0] == f"No orders of {NAME} are known yet, clicks alone: look 1 waits for orders."


BY_CLICKS = [
    {**TWO[0], "clicks": {"go_on": 200, "stop": 80, "otherwise": "macro"}},
    {**TWO[1], "clicks": {"go_on": 300, "stop": 300}},
]


@pytest.mark.parametrize(
    ("each", "verdict"), [(50.0, "go on"), (49.0, "next batch"), (20.0, "next batch"), (19.0, "macro")]
)
def test_while_clicks_alone_are_known_a_look_goes_by_them(each, verdict):
    out = contacts(4)
    rows = results(out["creator"], math.nan, clicks=each, as_of=day(40))
    now = state(outreach=out, rows=rows, looks=BY_CLICKS)
    first = now.looks.iloc[0]
    assert (first["measure"], first["brought"], first["verdict"]) == ("clicks", 4 * each, verdict)
    assert any("clicks alone" in note for note in now.notes)
    early = state(outreach=out, rows=rows.assign(as_of=day(12)), looks=BY_CLICKS, at=12)
    assert early.look.verdict == ("go on" if verdict == "go on" else "wait")


def test_orders_decide_as_soon_as_one_is_known():
    out = contacts(4)
    rows = results(out["creator"], [7.0, math.nan, math.nan, math.nan], clicks=50.0, as_of=day(40))
    now = state(outreach=out, rows=rows, looks=BY_CLICKS)
    assert (now.look.measure, now.look.verdict) == ("orders", "wait")
    assert any("waits for results of 3 live posts" in note for note in now.notes)


def test_of_clicks_too_a_post_without_any_keeps_the_look_waiting():
    out = contacts(4)
    rows = results(out["creator"][:3], math.nan, clicks=9.0, as_of=day(40))
    now = state(outreach=out, rows=rows, looks=BY_CLICKS)
    assert (now.look.measure, now.look.verdict) == ("clicks", "wait")
    assert any("c003. Add a row for each, with 0 clicks" in note for note in now.notes)


def test_posts_without_a_date_count_in_no_look():
    out = contacts(4, posted_at=pd.NaT)
    now = state(outreach=out, rows=results(out["creator"], 9.0, as_of=day(40)))
    assert (now.look.live, now.look.verdict) == (0, "wait")
    assert any("4 live posts without a date" in note for note in now.notes)


def test_live_posts_are_of_nano_creators_who_posted():
    out = together(contacts(2), contacts(1, first=2, posted=False, posted_at=pd.NaT))
    spent = results(
        ["c000", "c000", "c002", "else"], [3.0, 2.0, math.nan, 1.0], period=["Nov", "Dec", "", ""]
    )
    mine = known(outreach=out, rows=spent).of(NAME, None)
    posts = running.live_posts(mine)
    assert posts["creator"].tolist() == ["c000", "c001", "else"]  # two months of one post; who has not posted
    assert posts["orders"].fillna(-1).tolist() == [5, -1, 1]
    large = known(outreach=out, rows=spent, followers=400_000).of(NAME, None)
    assert large.results.empty


# --- batches, and what contradicts the rule


def test_orders_to_come_are_of_the_batch_that_was_written_to():
    out = together(contacts(4), contacts(4, first=4, start=18, posted=False, posted_at=pd.NaT))
    coming = pd.Series({"c000": 1.0, "c003": 0.5, "c004": 2.0, "c007": 0.25})
    rows = results(out["creator"][:4], 3.0, as_of=day(20))
    now = state(outreach=out, rows=rows, to_come=coming, at=20)
    assert now.batches["orders_to_come"].tolist() == [1.5, 2.25, 0]
    assert now.batches["accepted"].tolist() == [4, 4, 0]


@settings(max_examples=15)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 60))
def test_every_creator_is_in_one_batch(first, second, at):
    out = together(contacts(first), contacts(second, first=first, start=18))
    now = state(outreach=out, rows=results(out["creator"], 3.0, as_of=day(at)), at=at)
    assert now.batches["contacted"].sum() == first + second
    assert now.batches["live"].sum() == first + second
    assert now.batches["orders"].sum() == pytest.approx(3 * (first + second))


def test_more_contacts_than_the_look_allows_are_told():
    waits = {"replied": False, "accepted": False, "posted": False, "posted_at": pd.NaT}
    needed = running.OutreachCapacity.of(BRIEF, FUNNEL).contacts(4)
    few, many = (state(outreach=contacts(number, **waits), at=3) for number in (needed, 2 * needed))
    assert f"{2 * needed} creators were written to, and look 1 needs about {needed}" in many.notes[-1]
    assert not any("more was sent" in note for note in few.notes)


def test_contacts_after_a_stop_are_told():
    late = contacts(3, first=4, start=30, replied=False, accepted=False, posted=False, posted_at=pd.NaT)
    out = together(contacts(4), late)
    now = state(outreach=out, rows=results(out["creator"][:4], 1.0, as_of=day(31)), at=31)
    assert now.look.verdict == "stop"
    assert "3 creators were written to after the look that says stop." in now.notes


def test_a_rule_that_knew_the_results_is_told():
    asked = brief(planned="2026-11-20")
    of = known(outreach=contacts(4), rows=results(contacts(4)["creator"], 3.0, as_of=day(40)))
    assert "4 posts went live before the rule was planned (20 Nov 2026)" in " ".join(
        running.running(asked, of, FUNNEL, NOBODY).notes
    )
    assert not any("before the rule" in note for note in four(3.0).notes)


def test_a_rule_of_other_parameters_is_told():
    assert any("other parameters" in note for note in state(terms="ffff").notes)
    assert not any("other parameters" in note for note in state(terms="abcd").notes)


# --- which campaign


def test_a_campaign_nobody_knows_is_an_error_with_the_nearest_name():
    of = known(outreach=contacts(2))
    with pytest.raises(InputError, match=rf"unknown campaign '2026-wintr'; did you mean '{NAME}'\?"):
        running.checked(of, None, "2026-wintr")
    assert running.checked(of, None, "") == ""


def test_a_rules_campaign_that_is_spelt_otherwise_in_the_log_is_an_error():
    of = known(outreach=contacts(2).assign(campaign="2026-wintr"))
    with pytest.raises(
        InputError, match=r"batches.rule.campaign is '2026-winter'.*did you mean '2026-wintr'\?"
    ):
        running.checked(of, brief().batches.rule, "")
    for other in ("2026-autumn", "2027-winter"):
        of = known(outreach=contacts(2).assign(campaign=other))
        assert running.checked(of, brief().batches.rule, "") == NAME


def test_contacts_of_no_campaign_are_the_rules_from_its_day_on():
    old = contacts(2, start=-40, posted_at=day(-30)).assign(campaign="")
    new = contacts(3, first=2).assign(campaign="")
    now = state(outreach=together(old, new))
    assert now.batches["contacted"].tolist() == [3, 0, 0]
