"""Proves that a brief is either complete and possible, or refused in one line that names what is wrong."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import brief
from nanospread.campaign.brief import assumptions
from nanospread.core import errors, paths

SAMPLE = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")


@pytest.fixture
def sample():
    return brief.read("sample")


def written(folder, old, new):
    assert old in SAMPLE
    file = folder / "mine.yaml"
    file.write_text(SAMPLE.replace(old, new), encoding="utf-8")
    return file


def test_the_sample_brief_is_read_by_its_name_and_by_its_path(sample):
    assert sample == brief.read(paths.DATA / "briefs" / "sample.yaml")
    assert (sample.budget, sample.currency, sample.nano.offer, sample.mixes) == (
        5000,
        "EUR",
        "gift",
        (0.25, 0.5, 0.75),
    )


def test_every_assumption_says_where_it_comes_from(sample):
    table = brief.assumptions_table(sample)
    assert list(table.columns) == [
        "name", "low", "central", "high", "off", "used", "unit", "basis", "source",
    ]  # fmt: skip
    assert table["source"].str.len().min() > 20
    assert set(table["basis"]) <= {"measured", "published", "assumed"}
    assert (table["low"] <= table["central"]).all()
    assert (table["central"] <= table["high"]).all()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("budget: 5000", "budget: -5", "budget must be from 0.01 to 1,000,000,000; got -5"),
        ("budget: 5000", "budget: lots", "budget must be a valid number; got 'lots'"),
        ("budget: 5000", "budget: 5,000", "budget must be a valid number; got '5,000'"),
        ("budget: 5000", "budget: .nan", "budget must be a valid number; got '.nan'"),
        ("budget: 5000", "budget: 1e400", "budget must be a finite number; got inf"),
        ("budget: 5000", "budget: yes", "budget must be a valid number; got 'yes'"),
        ("budget: 5000", "budget: true", "budget must be a valid number; got True"),
        ("budget: 5000", "budget: 100", "budget must be at least 150.60 (contact, goods and fee of one nano"),
        ("budget: 5000", "budgte: 5000", "unknown field 'budgte'; did you mean 'budget'?"),
        ("budget: 5000", "", "budget is missing"),
        ("budget: 5000", "budget: 5000\nbudget: 50", "line 6: budget is given twice"),
        ("name: sample", "name: 2026", "name must be a valid string; got 2026; put text in quotes"),
        ("name: sample", "name: ../other", "name must be small letters, digits, - and _"),
        ("name: sample", "name: !!python/name:os.system x", "tags and aliases are not allowed"),
        ("name: sample", "name: &a sample\ntitel: *a", "tags and aliases are not allowed"),
        ("name: sample", "5: sample", "line 2: the name '5' is not text; put text in quotes"),
        ("name: sample", "no: sample", "unknown field 'no'"),
        ("name: sample", "name: [sample", "line 3: expected ',' or ']'"),
        ("currency: EUR", "currency: euro", "currency must be three capitals such as EUR; got 'euro'"),
        ("[fashion, beauty, food, travel]", "[]", "niches must name at least one niche"),
        (
            "[fashion, beauty, food, travel]",
            "[food, Food]",
            "niches must name at least one niche, and each only",
        ),
        ("[fashion, ", "[false, ", "niches.0 must be a valid string; got False; put text in quotes"),
        ("  niche: fashion", "  fee: 4000", "macro needs followers beside its fee"),
        ("  niche: fashion", "  folowers: 1", "unknown field of macro 'folowers'; did you mean 'followers'?"),
        ("  niche: fashion", "  creator: anna\n  niche: food", "macro must leave out followers and niche"),
        ("  niche: fashion", "  creator: anna\n  followers: 90000", "beside creator 'anna': they come from"),
        ("  niche: fashion", "  creator: '@'", "macro.creator must be the name of an account; got '@'"),
        ("offer: gift", "offer: gfit", "nano.offer must be 'gift', 'fee' or 'mixed'; got 'gfit'"),
        ("offer: gift", "fee_from: 500", "nano.fee_from must be from 1,000 to 10,000; got 500"),
        ("offer: gift", "posts: 0", "nano.posts must be from 1 to 20; got 0"),
        ("offer: gift", "posts: 1.5", "nano.posts must be a valid integer; got 1.5"),
        (
            "budget: 5000",
            "budget: 5000\ntime_zone: Asia/Tokio",
            "time_zone must be an IANA time zone such as Asia/Tokyo; got 'Asia/Tokio'",
        ),
        ("budget: 5000", "budget: 5000\nweeks: 53", "weeks must be from 1 to 52; got 53"),
        (
            "budget: 5000",
            "budget: 5000\nswitches: [macro_hallo]",
            "unknown switch 'macro_hallo'; did you mean 'macro_halo'? Known: advocacy, return_rate, ",
        ),
        ("budget: 5000", "budget: 5000\nswitches: [margin]", "unknown switch 'margin'"),
        (
            "budget: 5000",
            "budget: 5000\nswitches: [macro_halo, macro_halo]",
            "switches must name each switch only once",
        ),
        (
            "budget: 5000",
            "budget: 5000\nswitches: macro_halo",
            "switches must be a list such as [a, b]; got 'macro_halo'",
        ),
        (
            "assumptions: {}",
            "assumptions: {nano_first: 0.2}",
            "assumptions.nano_first has no effect: add nano_first to switches",
        ),
        (
            "assumptions: {}",
            "assumptions: {nano_first: {'off': 0.1}}",
            "nano_first keeps its off, 0.0",
        ),
        ("assumptions: {}", "assumptions: {margin: {'off': 0.1}}", "margin keeps its off, none"),
        ("assumptions: {}", "assumptions: {margin: {step: recruitment}}", "margin keeps its step, simulate"),
        (
            "{posts: 20, days",
            "{posts: 0, days",
            "wanted.posts must be from 1 to 5,000; got 0",
        ),
        (
            "{posts: 20, days",
            "{posts: 20, day",
            "field of wanted 'day'; did you mean 'days'?",
        ),
        (
            "  goal: profit",
            "  goal: reach",
            "shortlist.goal must be 'profit' or 'orders'; got 'reach'",
        ),
        (
            "least_per_niche: {fashion: 2",
            "least_per_niche: {fashio: 2",
            "unknown niche of shortlist.least_per_niche 'fashio'; did you mean 'fashion'?",
        ),
        (
            "least_per_niche: {fashion: 2",
            "least_per_niche: {fashion: -2",
            "shortlist.least_per_niche.fashion must be from 0 to 100,000; got -2",
        ),
        (
            "  goal: profit",
            "  must: [ann, '@ann']",
            "must name each creator only once; 'ann' stands there twice",
        ),
        (
            "  goal: profit",
            "  must: [ann]\n  never: [Ann]",
            "must has 'ann', which never has too",
        ),
        (
            "  most_creators: 500",
            "  must: [ann, bob]\n  most_creators: 1",
            "most_creators must be at least 2 (least_creators 0, 2 in must); got 1",
        ),
        (
            "  goal: profit",
            "  goal: orders\n  caution: 0.5",
            "caution is about profit: leave it out with goal orders",
        ),
        ("[fashion, ", "['', ", "niches.0 must have at least 1 character; got ''"),
        ("[fashion, beauty, food, travel]", "", "niches must be a list such as [a, b]; got None"),
        ("mixes: [0.25", "mixes: [25", "mixes must be different shares between 0 and 1"),
        ("flop_roi: -0.5", "flop_roi: -2", "flop_roi must be from -1 to 100; got -2"),
        ("assumptions: {}", "assumptions: 3", "assumptions must be `name: value` lines; got 3"),
        ("assumptions: {}", "assumptions: {kapa: 3}", "unknown assumption 'kapa'; did you mean 'kappa'?"),
        (
            "assumptions: {}",
            "assumptions: {reply_rate: 1.5}",
            "reply_rate must be from 0 to 1 [share]; got 1.5",
        ),
        ("assumptions: {}", "assumptions: {kappa: low}", "kappa central must be a valid number; got 'low'"),
        (
            "assumptions: {}",
            "assumptions: {margin: {low: .7, central: .5}}",
            "margin must have low <= central",
        ),
        (
            "assumptions: {}",
            "assumptions: {margin: {lwo: .7}}",
            "margin unknown field 'lwo'; did you mean 'low'?",
        ),
        (
            "assumptions: {}",
            "assumptions: {margin: {unit: money}}",
            "margin keeps its unit, share",
        ),
        (
            "assumptions: {}",
            "assumptions: {rho_campaign: 0.95}",
            "rho_campaign + rho_niche must be at most 1",
        ),
        (
            "assumptions: {}",
            "assumptions: {fee_per_follower_macro: 0}",
            "fee_per_follower_macro must be above 0",
        ),
        (SAMPLE, "", "a brief is a list of `field: value` lines"),
        (SAMPLE, "just words", "a brief is a list of `field: value` lines"),
    ],
)
def test_a_wrong_brief_is_refused_in_one_line_that_names_file_field_and_range(tmp_path, old, new, message):
    with pytest.raises(errors.InputError) as refused:
        brief.read(written(tmp_path, old, new))
    text = str(refused.value)
    assert text.startswith("mine.yaml: ")
    assert message in text
    assert "\n" not in text


FEE = "  niche: fashion"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (FEE, "  followers: 420000\n  fee: 4.800", "macro.fee may mean 4.8 or 4800: write 4.8 or 4800"),
        (FEE, "  followers: 420.000", "macro.followers may mean 420 or 420000"),
        ("budget: 5000", "budget: 5.000", "budget may mean 5 or 5000: write 5 or 5000; got 5.000"),
        ("budget: 5000", "budget: 05000", "got '05000', which may mean 5000 or 2560"),
        ("budget: 5000", "budget: 10:00", "got '10:00', which may mean 10 or 600"),
        ("assumptions: {}", "assumptions: {order_value: 1.250}", "order_value central may mean 1.25 or 1250"),
        ("assumptions: {}", "assumptions: {kappa: {high: 1.000}}", "kappa high may mean 1 or 1000"),
    ],
)
def test_a_number_with_two_meanings_that_both_can_be_is_refused_with_both(tmp_path, old, new, message):
    with pytest.raises(errors.InputError) as refused:
        brief.read(written(tmp_path, old, new))
    assert message in str(refused.value)


def test_three_decimals_are_taken_where_only_one_meaning_can_be(tmp_path):
    file = written(tmp_path, "assumptions: {}", "assumptions: {kappa: 1.125, cvr_nano: 0.025}")
    rows = brief.read(file).assumptions
    assert (rows.kappa.central, rows.cvr_nano.central) == (1.125, 0.025)
    assert type(rows.kappa.central) is float


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path):
    with pytest.raises(errors.InputError, match=r"unknown brief 'sampel'; did you mean 'sample'\?"):
        brief.read("sampel")
    file = tmp_path / "binary.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(errors.InputError, match=r"binary\.yaml: not UTF-8 text"):
        brief.read(file)


def test_two_problems_are_both_told_in_the_one_line(tmp_path):
    file = written(tmp_path, "flop_roi: -0.5", "flop_roi: -3")
    file.write_text(file.read_text(encoding="utf-8").replace("budget: 5000", "budget: -5"), encoding="utf-8")
    with pytest.raises(errors.InputError, match=r"budget must be .*; flop_roi must be "):
        brief.read(file)


def test_a_brief_replaces_assumptions_by_a_number_or_by_fields(tmp_path):
    margin = "{low: 0.5, central: 0.55, high: 0.6, basis: measured, source: our shop}"
    own = f"assumptions:\n  kappa: 60\n  margin: {margin}"
    read = brief.read(written(tmp_path, "assumptions: {}", own))
    kappa, margin = read.assumptions["kappa"], read.assumptions["margin"]
    assert (kappa.low, kappa.central, kappa.high, kappa.basis, kappa.source) == (
        1, 60, 60, "set", "set in mine.yaml",
    )  # fmt: skip
    assert (margin.low, margin.central, margin.high, margin.basis, margin.source) == (
        0.5, 0.55, 0.6, "measured", "our shop",
    )  # fmt: skip
    assert read.assumptions["reply_rate"] == brief.read("sample").assumptions["reply_rate"]


def test_changes_reach_fields_offers_and_assumptions_and_leave_the_old_brief_alone(sample):
    other = brief.changed(
        sample, budget=8000, offer="fee", macro_followers=300_000, macro_fee=2500, kappa=5, title=None
    )
    assert (other.budget, other.nano.offer, other.macro.followers, other.value("kappa")) == (
        8000, "fee", 300_000, 5,
    )  # fmt: skip
    assert other.title == sample.title
    assert (sample.budget, sample.nano.offer, sample.macro.followers, sample.value("kappa")) == (
        5000, "gift", None, 10,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budgte": 3}, "unknown parameter 'budgte'; did you mean 'budget'?"),
        ({"budgte": None}, "unknown parameter 'budgte'"),
        ({"budget": -5.0}, "budget must be from 0.01"),
        ({"budget": "3000"}, "budget must be a valid number; got '3000'"),
        ({"budget": math.inf}, "budget must be a finite number; got inf"),
        ({"kappa": -1}, "kappa must be from 0 to 1,000 [ratio]; got -1"),
        ({"rho_niche": 0.95}, "rho_campaign + rho_niche must be at most 1; got 1.05"),
        ({"niches": ()}, "niches must name at least one niche"),
        ({"macro_fee": 100.0}, "macro needs followers beside its fee"),
        ({"assumptions": {}}, "unknown parameter 'assumptions'"),
        ({"rho_niche": 0.95}, "at most 1; got 1.05 (0.1 + 0.95)"),
        ({"macro_creator": "anna", "macro_niche": "food"}, "macro must leave out followers and niche"),
        ({"macro_creator": "anna", "macro_followers": 9}, "macro must leave out followers and niche"),
        ({"switches": ("nano_firs",)}, "unknown switch 'nano_firs'; did you mean 'nano_first'?"),
        (
            {"switches": "nano_first", "nano_first": 0.3},
            "switches must be a list such as [a, b]; got 'nano_first'",
        ),
        ({"wear_out": 1.5}, "wear_out must be from 0 to 1 [share]; got 1.5"),
        ({"nano_capacity": 0}, "nano_capacity must be from 1 to 20,000 [creators]; got 0"),
        ({"offer": "fees"}, "nano.offer must be 'gift', 'fee' or 'mixed'; got 'fees'"),
        ({"fee_from": 20_000}, "nano.fee_from must be from 1,000 to 10,000; got 20000"),
        ({"post": 2}, "unknown parameter 'post'; did you mean 'posts'?"),
    ],
)
def test_changes_are_checked_like_a_file(sample, changes, message):
    with pytest.raises(errors.InputError) as refused:
        brief.changed(sample, **changes)
    assert message in str(refused.value)


def test_the_whole_budget_buys_the_macro_and_a_share_buys_a_smaller_one_at_the_same_fee_per_follower(sample):
    assert sample.deal() == (500_000, 5000)
    assert sample.deal(0.25) == (125_000, 1250)
    quoted = brief.changed(sample, macro_followers=400_000, macro_fee=3200.0)
    assert quoted.deal() == (400_000, 3200)
    assert quoted.deal(0.5) == (312_500, 2500)
    priced = brief.changed(sample, macro_followers=400_000)
    assert priced.deal() == (400_000, 4000)


def test_a_package_is_goods_and_shipping_and_for_the_paid_a_fee_by_followers(sample):
    assert sample.package("gift", 3909) == 28
    assert sample.package("fee", 3909) == pytest.approx(28 + 39.09)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "kappa,1,10,45,,ratio,,belief,,simulate,guessed,somebody",
            "kappa basis must be 'measured', 'published', 'assumed' or 'set'",
        ),
        ("kappa,1,10,45,,times,,belief,,simulate,,assumed,somebody", "unknown unit 'times'"),
        ("kappa,1,ten,45,,ratio,,belief,,simulate,,assumed,somebody", "kappa central must be a valid number"),
        ("kappa,1,10,45,,ratio,,belief,,simulate,,assumed,", "kappa source"),
        (
            "kappa,11,10,45,,ratio,,belief,,simulate,,assumed,somebody",
            "kappa must have low <= central <= high; got 11.0, 10.0, 45.0",
        ),
        (
            "kappa,1,10,45,,ratio,,belief,,simulate,,assumed,a\nkappa,1,10,45,,ratio,simulate,,assumed,a",
            "kappa stands twice",
        ),
        (
            "kappa,1,10,45,2000,ratio,,belief,,simulate,,assumed,a",
            "kappa must be from 0 to 1,000 [ratio]; got 2,000",
        ),
        ("kappa,1,10,45,none,ratio,,belief,,simulate,,assumed,a", "kappa off must be a valid number"),
        (
            "kappa,1,10,45,,ratio,,belief,,guess,,assumed,a",
            "kappa step must be 'simulate', 'recruitment' or 'results'",
        ),
    ],
)
def test_a_wrong_row_of_the_assumptions_is_named(tmp_path, line, message):
    file = tmp_path / "assumptions.csv"
    file.write_text(
        f"name,low,central,high,off,unit,scale,kind,moves_with,step,platform,basis,source\n{line}\n",
        encoding="utf-8",
    )
    with pytest.raises(errors.InputError) as refused:
        assumptions.published(file)
    assert message in str(refused.value)
    assert str(refused.value).startswith("assumptions.csv")


def test_an_assumption_nobody_knows_is_an_error_with_the_nearest_name(sample):
    with pytest.raises(
        errors.InputError, match=r"unknown assumption 'replyrate'; did you mean 'reply_rate'\?"
    ):
        sample.value("replyrate")


@pytest.mark.parametrize("rate", ["reply_rate", "accept_rate", "post_rate_gift", "post_rate_fee"])
def test_a_brief_by_which_nobody_posts_is_refused(rate):
    with pytest.raises(errors.InputError, match=f"{rate} must be above 0, else nobody posts; got 0"):
        brief.changed(brief.read("sample"), **{rate: 0})


@pytest.mark.parametrize(
    ("share", "effect"), [("tracked_share", "no order is seen"), ("incremental_share", "no order is caused")]
)
def test_a_brief_by_which_results_tell_nothing_is_refused(share, effect):
    with pytest.raises(errors.InputError, match=f"{share} must be above 0, else {effect}; got 0"):
        brief.changed(brief.read("sample"), **{share: 0})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("ambassador_first_loss: 0", "ambassador_first_loss must be above 0 and below 1; got 0"),
        ("ambassador_first_loss: 1", "ambassador_first_loss must be above 0 and below 1; got 1"),
        ("ambassador_spread: 0", "ambassador_spread must be above 0 and below 1; got 0"),
        ("ambassador_spread: {low: 0}", "ambassador_spread must be above 0 and below 1; got 0.25 [(]low 0"),
        ("ambassador_join: 0", "ambassador_join must be above 0, else nobody is an ambassador; got 0"),
    ],
)
def test_ambassadors_that_cannot_be_are_refused_with_the_brief(tmp_path, values, message):
    with pytest.raises(errors.InputError, match=f"mine.yaml: {message}"):
        brief.read(written(tmp_path, "assumptions: {}", f"assumptions:\n  {values}"))


@pytest.mark.parametrize(
    "values",
    [
        "labour_per_contact: {low: 0, central: 0, high: 11.2}",  # 10^7 times as much in a tenth of the worlds
        "product_cost: {central: 0, low: 0}",
        "flop_rate: {low: 0, central: 0, high: 0.2}",  # 0.9998 in 1 world of 100
        "tracked_share: {low: 0.8, central: 1, high: 1}",
    ],
)
def test_a_range_about_a_middle_that_its_scale_does_not_have_is_refused(tmp_path, values):
    name = values.partition(":")[0]
    with pytest.raises(errors.InputError, match=f"mine.yaml: {name} must have a central value above 0"):
        brief.read(written(tmp_path, "assumptions: {}", f"assumptions:\n  {values}"))


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ("labour_per_contact: 0", (0, 0)),
        ("flop_multiplier: {low: 0, central: 0, high: 0.2}", (0, 1)),  # on its linear scale
        ("product_cost: {low: 0, central: 0, high: 0}", (0, 0)),
        ("product_cost: {low: 0, central: 20, high: 40}", (0, 200)),
        ("margin: {low: 0.5, central: 0.6, high: 1}", (0, 1)),
    ],
)
def test_an_end_of_a_range_may_be_that_of_its_unit(tmp_path, values, ends):
    row = brief.read(written(tmp_path, "assumptions: {}", f"assumptions:\n  {values}")).assumptions[
        values.partition(":")[0]
    ]
    drawn = [row.central] if row.fixed else row.at(np.linspace(-4, 4, 9))
    assert ends[0] <= min(drawn) <= max(drawn) <= ends[1]


def test_a_sweep_takes_only_the_values_that_the_brief_allows():
    sticky = brief.changed(brief.read("sample"), rho_niche=0.7)
    assert brief.allowed(sticky, "rho_campaign", (0.0, 0.1, 0.2, 0.4)) == (0.0, 0.1, 0.2)
    with_all = brief.allowed(brief.read("sample"), "rho_campaign", (0.0, 0.4))
    assert with_all == (0.0, 0.4)
    with pytest.raises(errors.InputError, match="did you mean 'rho_campaign'"):
        brief.allowed(sticky, "rho_campain", (0.0, 0.1))


def test_the_fee_of_a_package_is_paid_for_each_post_and_so_are_gifts(sample):
    busy = brief.changed(sample, posts=3)
    assert busy.package("gift", 4_000) == 3 * 28
    assert busy.package("fee", 4_000) == pytest.approx(28 + 3 * 40)


def test_a_mixed_offer_pays_only_creators_of_enough_followers(sample):
    mixed = brief.changed(sample, offer="mixed", fee_from=4_000)
    assert mixed.nano == brief.NanoOffer(offer="mixed", fee_from=4_000)
    assert (mixed.package("mixed", 3_999), mixed.package("mixed", 4_000)) == (28, 28 + 40)


def test_the_packages_of_many_creators_are_those_of_each(sample):
    followers = np.array([1_000.0, 4_999, 5_000, 10_000])
    for offer in ("gift", "fee", "mixed"):
        packages = sample.package(offer, followers)
        assert packages.tolist() == [sample.package(offer, one) for one in followers]
    assert sample.package("mixed", followers).tolist() == [28, 28, 78, 128]
    with pytest.raises(errors.InputError, match="unknown offer 'mixd'; did you mean 'mixed'"):
        sample.package("mixd", followers)


def test_the_least_budget_rises_with_the_posts_that_a_fee_pays_for_and_with_overhead(sample):
    assert brief.changed(sample, budget=150.6).budget == 150.6
    with pytest.raises(errors.InputError, match=r"budget must be at least 250\.60 .*; got 150\.60"):
        brief.changed(sample, budget=150.6, posts=2)
    with pytest.raises(errors.InputError, match=r"budget must be at least 163\.60"):
        brief.changed(sample, budget=150.6, overhead_per_creator=30)


def test_weeks_and_posts_are_one_unless_given(sample):
    assert (sample.weeks, sample.nano.posts, sample.nano.fee_from) == (1, 1, 5_000)
    later = brief.changed(sample, weeks=4, posts=2)
    assert (later.weeks, later.nano.posts, later.nano.offer) == (4, 2, "gift")


SWITCHES = {
    "advocacy": 1, "return_rate": 0, "code_discount": 0, "commission": 0, "nano_capacity": 20_000,
    "market_pool": 1e10, "macro_halo": 0, "nano_first": 0,
}  # fmt: skip


def test_a_switch_is_off_until_the_brief_lists_it(tmp_path, sample):
    assert {name: sample.value(name) for name in SWITCHES} == SWITCHES
    on = brief.read(written(tmp_path, "flop_roi: -0.5", "switches: [macro_halo, nano_first]"))
    assert {name: on.value(name) for name in SWITCHES} == SWITCHES | {"macro_halo": 0.15, "nano_first": 0.1}


def test_the_switches_are_the_rows_with_an_off_value_and_the_sample_brief_names_them_all():
    rows = assumptions.published()
    assert {
        name: row.off for name, row in rows.items() if row.off is not None and row.step != "results"
    } == SWITCHES
    named = SAMPLE.split("switches: effects")[1].split("assumptions: {}")[0]
    assert [name for name in SWITCHES if name not in named] == []


def test_a_switch_and_its_own_value_may_stand_in_the_same_brief(tmp_path):
    own = "switches: [nano_first]\nassumptions: {nano_first: 0.25}"
    assert brief.read(written(tmp_path, "assumptions: {}", own)).value("nano_first") == 0.25


def test_setting_a_switch_switches_it_on_and_switching_it_off_again_keeps_the_value(sample):
    on = brief.changed(sample, nano_first=0.3)
    assert (on.value("nano_first"), on.switches, sample.switches) == (0.3, ("nano_first",), ())
    assert brief.changed(on, nano_first=0.4).switches == ("nano_first",)
    off = brief.changed(on, switches=())
    assert (off.value("nano_first"), off.assumptions["nano_first"].central) == (0, 0.3)
    both = brief.changed(sample, switches=["macro_halo"], nano_first=0.3)
    assert both.switches == ("macro_halo", "nano_first")
    assert brief.changed(sample, kappa=5, nano_first=None).switches == ()


def test_the_table_of_assumptions_tells_the_value_in_force(sample):
    used = brief.assumptions_table(brief.changed(sample, macro_halo=0.25)).set_index("name")
    assert used.loc["macro_halo", ["central", "off", "used"]].tolist() == [0.25, 0, 0.25]
    assert used.loc["nano_first", ["central", "off", "used"]].tolist() == [0.1, 0, 0]
    assert used.loc["kappa", ["central", "used"]].tolist() == [10, 10]
    assert {*used.index[used["off"].notna()]} == {*SWITCHES, "tracked_share", "incremental_share"}


def test_in_force_are_the_assumptions_that_can_move_the_outcome(sample):
    idle = {*SWITCHES, "platform_memory", "wear_out"}
    idle |= {name for name, row in sample.assumptions.items() if row.step != "simulate"}
    assert sample.in_force() == [name for name in sample.assumptions if name not in idle]
    assert {*brief.changed(sample, weeks=3).in_force()} - {*sample.in_force()} == {"platform_memory"}
    assert {*brief.changed(sample, nano_first=0.1).in_force()} - {*sample.in_force()} == {"nano_first"}
    for twice in ({"posts": 2}, {"macro_posts": 2}, {"most_posts": 2}):
        assert {*brief.changed(sample, **twice).in_force()} - {*sample.in_force()} == {"wear_out"}


def test_a_named_creator_may_ask_a_fee_and_gets_its_followers_when_looked_up(tmp_path):
    named = brief.read(written(tmp_path, "  niche: fashion", "  creator: ' @Anna.B '\n  fee: 3200"))
    assert named.macro == brief.MacroQuote(creator="anna.b", fee=3200)
    full = named.quoted(400_000)
    assert (full.macro.creator, full.macro.niche, full.deal()) == ("anna.b", None, (400_000, 3200))
    assert full.deal(0.5) == (312_500, 2500)
    assert named.macro.followers is None


def test_a_named_creator_without_a_fee_is_priced_by_its_followers(sample):
    named = brief.changed(sample, macro_creator="anna")
    assert named.quoted(300_000).deal() == (300_000, 3000)
    assert [named.quoted(size).out_of_reach for size in (300_000, 600_000)] == [False, True]
    with pytest.raises(errors.InputError, match=r"macro\.followers must be from 1 to 1,000,000,000; got 0"):
        named.quoted(0)


def test_a_named_creator_has_no_deal_before_it_is_looked_up(sample):
    with pytest.raises(errors.InputError, match=r"macro\.creator 'anna' must be looked up"):
        brief.changed(sample, macro_creator="anna").deal()


def test_another_creator_starts_a_quote_of_its_own_and_the_same_one_keeps_its_fee(sample):
    quoted = brief.changed(sample, macro_followers=400_000, macro_fee=3200.0)
    anna = brief.changed(quoted, macro_creator="anna")
    assert anna.macro == brief.MacroQuote(creator="anna")
    paid = brief.changed(anna, macro_fee=2000.0)
    assert paid.macro == brief.MacroQuote(creator="anna", fee=2000)
    assert brief.changed(paid, macro_creator="anna").macro == paid.macro
    assert brief.changed(paid.quoted(90_000), macro_fee=900.0).quoted(90_000).deal() == (90_000, 900)
    assert brief.changed(paid.quoted(90_000), budget=9000).deal() == (90_000, 2000)


@pytest.mark.parametrize("file", sorted((paths.DATA / "briefs").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_bundled_brief_is_valid_and_named_like_its_file(file):
    assert brief.read(file).name == file.stem


def test_what_is_wanted_and_the_limits_of_the_shortlist_are_changed_like_any_field(sample):
    other = brief.changed(sample, wanted_posts=7, wanted_days=10, goal="orders", must=("@Ann",))
    assert (other.wanted.posts, other.wanted.days, other.wanted.chance) == (7, 10, sample.wanted.chance)
    assert (other.shortlist.goal, other.shortlist.must) == ("orders", ("ann",))
    assert brief.changed(other, wanted_posts=None).wanted == other.wanted
    fewer = brief.changed(sample, niches=("Fashion", " food"))
    assert fewer.shortlist.least_per_niche == {"fashion": 2, "food": 2}


def test_a_measured_value_replaces_a_published_one_but_not_the_owners(sample):
    measured = {"low": 0.3, "central": 0.35, "high": 0.4, "source": "our log: 9 of 26"}
    own = brief.changed(sample, accept_rate=0.5)
    found = brief.calibrated(own, {"reply_rate": measured, "accept_rate": measured})
    row = found.assumptions["reply_rate"]
    assert (row.low, row.central, row.high, row.basis) == (0.3, 0.35, 0.4, "measured")
    assert found.assumptions["accept_rate"] == own.assumptions["accept_rate"]
    assert found.model_copy(update={"assumptions": own.assumptions}) == own
    with pytest.raises(errors.InputError, match="unknown assumption 'reply_rat'; did you mean"):
        brief.calibrated(sample, {"reply_rat": measured})


def test_each_row_of_the_table_has_its_typed_field_in_the_same_order_and_the_other_way_round():
    rows = pd.read_csv(assumptions.FILE)["name"].tolist()
    assert rows == list(assumptions.NAMES) == list(assumptions.published())


def test_a_row_without_a_field_and_a_field_without_a_row_are_named(tmp_path):
    text, file = assumptions.FILE.read_text(encoding="utf-8"), tmp_path / "assumptions.csv"
    file.write_text(text + "luck,1,2,3,,ratio,,belief,,simulate,,assumed,nobody\n", encoding="utf-8")
    with pytest.raises(errors.InputError, match="luck has no field in Assumptions"):
        assumptions.published(file)
    file.write_text(re.sub("(?m)^kappa,.*\n", "", text), encoding="utf-8")
    with pytest.raises(errors.InputError, match="kappa has no row"):
        assumptions.published(file)


def test_no_code_reads_an_assumption_by_a_name_that_it_could_spell_as_a_field():
    """Neither grep nor mypy follows `value("kappa")`, or a name that is put together."""
    read = re.compile(r"""\.value\(f?["']|\bassumptions\[f?["']""")
    sources = (paths.ROOT / "lib" / "nanospread").rglob("*.py")
    assert [file.name for file in sources if read.search(file.read_text(encoding="utf-8"))] == []


def test_the_values_in_force_are_the_same_by_field_and_by_name(sample):
    on = brief.changed(sample, switches=("macro_halo",))
    assert dict(on.values) == {name: on.value(name) for name in on.assumptions}
    assert (on.values.macro_halo, on.values.nano_first, on.values.kappa) == (0.15, 0, 10)
    assert on.values.rates_of("nano").cvr == on.value("cvr_nano")
    assert on.values.rates_of("macro").reach_rate == on.value("reach_rate_macro")
    assert on.values.post_rate("fee") == on.value("post_rate_fee")


def test_who_is_paid_is_one_rule_for_a_number_and_for_an_array(sample):
    mixed = brief.changed(sample, offer="mixed", fee_from=4_000).nano
    followers = np.array([1_000.0, 3_999.0, 4_000.0])
    assert (followers >= mixed.paid_from()).tolist() == [False, False, True]
    assert (followers >= mixed.paid_from("gift")).tolist() == [False] * 3
    assert (followers >= mixed.paid_from("fee")).tolist() == [True] * 3
    assert mixed.paid_share("instagram") == pytest.approx(math.log(10_000 / 4_000) / math.log(10))


def test_amounts_in_eur_are_named_in_another_currency_and_converted_by_the_briefs_rate(tmp_path):
    assert brief.read("sample").in_eur == ()
    swedish = brief.read(written(tmp_path, "currency: EUR", "currency: SEK"))
    assert "order_value" in swedish.in_eur
    assert "margin" not in swedish.in_eur
    own = brief.changed(swedish, order_value=700.0)
    assert {*swedish.in_eur} - {*own.in_eur} == {"order_value"}
    rated = brief.read(written(tmp_path, "currency: EUR", "currency: SEK\nrates: {EUR: 11.2}"))
    assert rated.in_eur == ()
    assert rated.values.order_value == pytest.approx(11.2 * swedish.values.order_value)
    assert rated.assumptions.order_value.high == pytest.approx(11.2 * 110)
    assert rated.values.margin == swedish.values.margin
    dearer = brief.changed(brief.changed(rated, order_value=700.0), rates={"EUR": 12.0})
    assert dearer.values.shipping == pytest.approx(12.0 * swedish.values.shipping)
    assert dearer.values.order_value == 700.0
    with pytest.raises(errors.InputError, match="rates"):
        brief.read(written(tmp_path, "currency: EUR", "currency: SEK\nrates: {USD: 11.2}"))


def test_the_name_of_a_file_is_found_among_the_briefs_of_the_workspace_unless_one_is_here(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(paths, "BRIEFS", (tmp_path / "briefs", paths.BRIEFS[1]))
    kept = tmp_path / "briefs" / "winter.yaml"
    kept.parent.mkdir()
    kept.touch()
    assert brief.path("winter.yaml") == kept
    with pytest.raises(errors.InputError, match="does not exist"):
        brief.path("elsewhere/winter.yaml")
    (tmp_path / "winter.yaml").touch()
    assert brief.path("winter.yaml") == Path("winter.yaml")


def test_a_brief_of_the_workspace_is_known_by_its_name_with_either_ending(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BRIEFS", (tmp_path, paths.BRIEFS[1]))
    (tmp_path / "README.md").touch()
    for name in ("autumn.yaml", "spring.yml"):
        (tmp_path / name).touch()
        assert brief.path(name.partition(".")[0]) == tmp_path / name
    with pytest.raises(errors.InputError, match="Known: autumn, beichert, macro_wins, sample, spring"):
        brief.path("README")
