"""Proves that the next batch, its rule and its worth are said as they are, and no batch where none is."""

import math
import re
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

import staged_plans
from every_figure import figures
from legible import LONG
from nanospread import briefs, pages
from nanospread.campaign.staged import MacroQuestion
from nanospread.core.estimates import Estimate
from nanospread.core.formatting import Finding

page = pages.next_batch
BRIEF = briefs.read("sample")
PLANS = pd.DataFrame(
    {
        "on_list": [5],
        "posts_live": [44.4],
        "conversions_mean": [372.0],
        "cost_mean": [4_142.0],
        "p_loss": [0.081],
    },
    index=["plan_roster"],
)


def run(choice="nano_gift", withheld="", reason="pays"):
    """Return as much of a run as the next step reads."""
    study = SimpleNamespace(nano="nano_gift", withheld=withheld, brief=SimpleNamespace(currency="EUR"))
    estimates = {"conversions_mean": 130.2, "cost_mean": 4_980.0}
    return SimpleNamespace(
        study=study,
        decision=SimpleNamespace(choice=choice, reason=reason, out_of_reach=False, clear=reason != "unclear"),
        estimate=lambda option, measure: Estimate(estimates[measure], 1.0),
    )


def test_the_next_batch_says_how_many_creators_posts_money_and_when():
    plan = staged_plans.plan()
    assert page.to_write_to(plan)["creator"].tolist() == ["a", "b"]
    assert page.next_batch(plan, "EUR").text == (
        "Write to the first 2 creators now, of 5 on the list. Expect 20 live posts for EUR 640. "
        "They should be live by 20 Dec 2026; look at their orders on 3 Jan 2027."
    )


def test_the_rule_is_said_with_its_numbers_and_what_lies_between():
    looks = staged_plans.plan().looks
    assert page.rule(looks, "EUR").text == (
        "Go on with the whole list if the first 20 live posts bring at least 41 orders within 14 days. "
        "Stop below 23. In between, write for 15 more posts."
    )
    assert page.rule(looks, "EUR", "clicks").text.startswith(
        "Go on with the whole list if the first 20 live posts bring at least 900 clicks within 14 days. "
        "Stop below 500."
    )
    assert page.rule(looks, "EUR", "cost_per_order").text.startswith(
        "Go on with the whole list if the first 20 live posts cost at most EUR 16 for each order within 14 "
        "days. Stop above EUR 28."
    )
    assert page.rule(looks, "EUR").title == "Go on at 41 orders, stop below 23"


def test_one_look_leaves_nothing_between_and_the_macro_is_booked_where_the_rule_says_so():
    single = page.rule(staged_plans.plan(looks=[(20, 41, 41)]).looks, "EUR").text
    assert single.endswith("within 14 days. Otherwise stop.")
    booked = page.rule(staged_plans.plan(otherwise="macro").looks, "EUR").text
    assert "Book the macro below 23." in booked


@pytest.mark.parametrize("stop", [0, 0.0])
def test_a_look_that_never_stops_or_never_goes_on_says_so(stop):
    never = page.rule(staged_plans.plan(looks=[(20, 41, stop), (35, 66, 66)]).looks, "EUR").text
    assert "Nothing that this look can show is a reason to stop. Else, write for 15 more posts." in never
    later = page.rule(staged_plans.plan(looks=[(20, math.inf, 23), (35, 66, 66)]).looks, "EUR").text
    assert "do not go on with the whole list yet. Stop below 23. Else, write for 15 more posts." in later
    assert "inf" not in later


def test_every_look_is_a_row_by_orders_cost_and_clicks():
    rules = page.rules_shown(staged_plans.plan().looks, "EUR")
    assert rules.iloc[0].to_dict() == {
        "after": "20 live posts", "go on with all": "41 or more", "next batch": "in between",
        "stop": "below 23", "by": "orders",
    }  # fmt: skip
    assert rules.iloc[1]["next batch"] == "never"
    assert set(rules["by"]) == {"orders", "clicks alone", "the cost of an order"}
    assert "EUR 16 or less" in set(rules["go on with all"])


def test_errors_are_of_the_rule_and_larger_with_clicks_alone():
    plan = staged_plans.plan()
    assert page.errs(plan).text == (
        "The rule stops 6 of 100 campaigns that would pay. It goes on with 31 of 100 that would lose money."
    )
    assert "11 of 100 that would pay, and goes on with 62 of 100" in page.errs(plan, "clicks").text


@pytest.mark.parametrize(
    ("gain", "title", "part"),
    [
        (
            300.0,
            "Batches earn EUR 300 more than everything at once",
            "EUR 300 more than writing to everybody now",
        ),
        (
            -300.0,
            "Batches earn EUR 300 less than everything at once",
            "EUR 300 less than writing to everybody now",
        ),
        (
            15.0,
            "Batches earn about as much as everything at once",
            "It earns about as much as writing to everybody now and a trial of ten posts.",
        ),
    ],
)
def test_batches_are_held_against_each_other_way_only_as_surely_as_the_simulation_is(gain, title, part):
    found = page.worth(staged_plans.plan(gain=gain), BRIEF)
    assert found.title == title
    assert part in found.text
    assert "It loses money in 12 of 100 simulated campaigns, all at once in 18 of 100." in found.text
    assert "would be worth EUR 900; looking after a batch gets 33% of it." in found.text


def test_large_losses_are_said_where_all_at_once_has_more_of_them_and_no_way_where_none_is_advised():
    plan = staged_plans.plan()
    assert "half" not in page.worth(plan, BRIEF).text
    plan.values.loc["all_now", "p_large_loss"] = 0.3
    assert (
        "loses more than 50% of the budget in 1 of 100, all at once in 30 of 100."
        in page.worth(plan, BRIEF).text
    )
    assert page.worth(staged_plans.plan("nothing"), BRIEF).text == (
        "No way to spend the budget is advised. On average writing to everybody now earns EUR 3,900 and one "
        "macro loses EUR 2,600."
    )


def test_without_a_macro_or_without_worth_of_knowing_the_words_leave_them_out():
    plan = staged_plans.plan()
    plan = staged_plans.plan(values=plan.values.drop("macro"), captured=math.nan, perfect=Estimate(0.0, 0.0))
    assert not re.search("macro|nan|Knowing", page.worth(plan, BRIEF).text)
    none = staged_plans.plan(macro_question=MacroQuestion())
    assert page.against_macro(none, BRIEF).text == ""


def test_an_empty_list_is_said_and_has_no_batch_rule_or_worth():
    plan = page.NOBODY
    assert page.now(run(), PLANS, plan) == ("Your data hold nobody who is worth writing to.",)
    assert page.worth(plan, BRIEF).text == page.errs(plan).text == page.against_macro(plan, BRIEF).text == ""
    assert page.looks(plan, BRIEF).empty
    assert page.to_write_to(plan).empty
    assert page.batches_shown(plan).empty
    assert len(page.checked_rows(plan, page.looks(plan, BRIEF), currency="EUR")) == 2


def test_a_plan_of_one_batch_speaks_of_everything_at_once():
    plan = staged_plans.plan(looks=[])
    [only] = page.now(run(), PLANS, plan)
    assert only.startswith("Write to all 5 creators now")
    found = page.worth(plan, BRIEF)
    assert found.title == "Everything at once earns as much as the best batches"
    assert found.text.startswith("The list all at once earns EUR 4,200 on average. That is EUR 6,800")
    assert "batch" not in found.text
    assert "In batches" not in [
        text.get_text() for text in figures.values(plan, "EUR", title=LONG).get_yticklabels()
    ]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("too dear", "A post of a creator with 60,000 followers costs EUR 420. Its answer would change the "
         "decision in 4 of 100 cases, which is worth less than that."),
        ("same decision", "and no answer of it makes a better decision."),
        ("too risky", "Even after a good answer the macro would lose too much too often."),
        ("test", "Book the macro if it brings at least 31 orders in 14 days. Its answer would change the "
         "decision in 4 of 100 cases. It is worth EUR 310 after its cost."),
    ],
)  # fmt: skip
def test_whether_a_larger_post_would_tell_is_priced(reason, said):
    asked = staged_plans.QUESTION._replace(reason=reason, needed=reason == "test", value=310.0)
    found = page.against_macro(staged_plans.plan(macro_question=asked), BRIEF)
    assert found.text.endswith(said)
    assert found.title.startswith("Only" if reason == "test" else "No test")


def test_the_next_step_is_the_batch_and_the_rule_and_a_decision_for_another_side_is_said():
    first, then = page.now(run(), PLANS, staged_plans.plan())
    assert first.startswith("Write to the first 2 creators now")
    assert then.startswith("Go on with the whole list if")
    assert "All at once is not advised" in page.now(run("nothing"), PLANS, staged_plans.plan())[0]
    assert page.now(run(withheld="of x"), PLANS, staged_plans.plan()) == ()


@pytest.mark.parametrize(
    ("choice", "reason", "title"),
    [
        ("nano_gift", "pays", "Choose nano, in batches"),
        ("nothing", "too risky", "Try nano in batches, since all at once the risk is too high"),
        ("nothing", "loses", "Try nano in batches, since all at once it would lose money"),
        ("nano_gift", "unclear", "Try nano in batches, since all at once is too close to call"),
        ("macro", "pays", "The verdict"),
    ],
)
def test_the_advice_says_that_nano_goes_out_in_batches(choice, reason, title):
    found = Finding("The verdict", "The verdict. And why.")
    made = page.advice(run(choice, reason=reason), staged_plans.plan(), found)
    assert (made.title, made.text) == (title, f"{title}. And why.")
    alone = page.advice(run(choice, reason=reason), staged_plans.plan("all_now"), found)
    assert alone.title == (page.LIST_ALONE if choice == "nothing" else "The verdict")
    [only] = page.now(run(choice), PLANS, staged_plans.plan("all_now"))
    assert ("The whole budget is not advised" in only) == (choice == "nothing")
    assert page.advice(run(choice, reason=reason), staged_plans.plan("nothing"), found) == found
    assert (
        page.advice(run(choice, reason=reason), staged_plans.plan(), found, staged_plans.running()) == found
    )


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("macro", "Book one macro. A batch of nano creators first would not pay. Expect 130 orders"),
        ("nothing", "Write to nobody yet. Not even a first batch is worth its cost."),
        ("all_now", "Write to all 5 creators now, in the order of the list, until the money ends. "
         "Waiting for the orders of a first batch would not pay. Expect 44 live posts"),
    ],
)  # fmt: skip
def test_where_no_batch_is_sent_none_is_shown(choice, said):
    plan = staged_plans.plan(choice)
    [only] = page.now(run(), PLANS, plan)
    assert only.startswith(said)
    looks = page.looks(plan, BRIEF)
    assert looks.empty
    assert page.rule(looks, "EUR").text == page.errs(plan).text == ""
    assert page.batches_shown(plan).empty
    assert page.rules_shown(looks, "EUR").empty
    assert len(page.to_write_to(plan)) == (5 if choice == "all_now" else 0)
    rows = page.checked_rows(plan, looks, currency="EUR").set_index("metric")
    assert not [name for name in rows.index if name.startswith(("look_", "rule_"))]


@pytest.mark.parametrize(
    ("state", "said", "names"),
    [
        (staged_plans.running(), "Write to nobody new for winter yet. Winter has 12 of the 20 live posts "
         "that look 1 needs, with 22 orders so far. Then go on from 41 orders, stop below 23.", []),
        (staged_plans.running(live=20, due_on=staged_plans.days(14)),
         "The look is due on 29 Nov 2026, when late orders are in. Then go on from 41 orders", []),
        (staged_plans.running("next batch", write_to=2), "Write to the next 2 creators", ["c", "d"]),
        (staged_plans.running("go on", 44.0, 20), "Go on with winter: write to everybody left on the list. "
         "Its first 20 live posts brought 44 orders, enough to go on.", ["c", "d", "e"]),
        (staged_plans.running("stop", 9.0, 20), "Stop winter: write to nobody else. "
         "Its first 20 live posts brought 9 orders, fewer than 23.", []),
        (staged_plans.running("macro", 9.0, 20), "Book the macro and write to nobody else for winter.", []),
    ],
)  # fmt: skip
def test_a_running_campaigns_own_rule_decides(state, said, names):
    plan = staged_plans.plan("nothing")
    [only] = page.now(run(), PLANS, plan, state)
    assert said in only
    assert page.to_write_to(plan, state, {"a", "b"})["creator"].tolist() == names


def test_contacts_of_the_campaign_and_of_none_count_as_written_to():
    log = pd.DataFrame({"creator": ["a", "b", "c"], "campaign": ["winter", "", "autumn"]})
    assert page.written_to(log, staged_plans.running()) == {"a", "b"}
    assert page.written_to(log, None) == set()


def test_the_state_of_each_batch_is_said_and_shown():
    assert page.by_batch(staged_plans.running()) == (
        "Winter, batch 1: 2 creators written to, 12 posts live, 22 orders so far and about 5.2 to come.",
    )
    assert page.by_batch(None) == ()
    assert page.batch_states(staged_plans.running())["batch"].tolist() == [1]


def test_the_brief_s_own_rule_is_shown_while_it_is_in_force():
    clicks = {"go_on": 900, "stop": 900, "otherwise": "macro"}
    rule = {**staged_plans.plan().rule, "looks": [{"posts": 30, "go_on": 50, "stop": 50, "clicks": clicks}]}
    brief = briefs.changed(BRIEF, batches={**dict(BRIEF.batches), "rule": rule})
    looks = page.looks(staged_plans.plan(), brief, staged_plans.running())
    assert looks[["measure", "posts", "go_on", "stop", "otherwise", "days"]].to_numpy().tolist() == [
        ["orders", 30, 50, 50, "stop", brief.batches.days],
        ["clicks", 30, 900, 900, "macro", brief.batches.days],
    ]
    shown = page.rules_shown(looks, "EUR")
    assert shown[["by", "book the macro"]].to_numpy().tolist() == [
        ["orders", "never"], ["clicks alone", "below 900"],
    ]  # fmt: skip


def test_a_look_that_goes_by_clicks_says_so():
    due = pd.Timestamp("2026-12-24", tz="UTC")
    text = page.running(staged_plans.running(orders=400, live=20, due_on=due, measure="clicks")).text
    assert "20 of the 20 live posts that look 1 needs, with 400 clicks so far. The look is due on" in text
    assert "The look is due on 24 Dec 2026. Then go on from 41 clicks, stop below 23." in text


def test_checked_rows_hold_the_numbers_of_the_plan():
    plan = staged_plans.plan()
    rows = page.checked_rows(plan, plan.looks, currency="EUR").set_index("metric")["value"]
    assert rows["batches_profit_mean_staged"] == 4_200
    assert rows["batches_p_loss_all_now"] == 0.18
    assert rows[["look_1_posts", "look_1_go_on", "look_1_stop", "look_2_stop"]].tolist() == [20, 41, 23, 66]
    assert rows[["rule_p_stop_paying", "rule_p_go_on_losing"]].tolist() == [0.062, 0.31]
    assert rows[["batches_perfect", "batches_captured"]].tolist() == [900, 0.333]


def test_the_interval_of_a_share_ends_where_shares_do():
    plan = staged_plans.plan()
    errors = plan.errors.assign(p_stop_paying_se=0.5)
    rows = page.checked_rows(replace(plan, errors=errors), plan.looks, currency="EUR").set_index("metric")
    assert rows.loc["rule_p_stop_paying", ["low", "high"]].tolist() == [0.0, 1.0]


def test_no_sentence_is_long_or_has_a_machine_name():
    plan = staged_plans.plan()
    texts = [*page.now(run(), PLANS, plan), page.worth(plan, BRIEF).text, page.errs(plan).text,
             page.errs(plan, "clicks").text, page.against_macro(plan, BRIEF).text,
             *page.by_batch(staged_plans.running()), page.running(staged_plans.running()).text]  # fmt: skip
    for sentence in re.split(r"(?<=[.!?]) (?=[A-Z])", " ".join(texts)):
        assert len(sentence.split()) <= 24, sentence
        assert not re.search("[a-z]_[a-z]", sentence)


def test_a_note_that_the_answer_says_is_not_said_again():
    first, other = "No look pays.", "The rest takes two rounds."
    plan = staged_plans.plan("all_now", looks=(), notes=(first, other))
    answer = page.next_batch(plan, "EUR").text
    assert first in answer
    assert page.unsaid(plan, answer) == (other,)
    assert page.unsaid(staged_plans.plan("macro", notes=(other,)), answer) == ()
