"""Proves that a brief is either complete and possible, or refused in one line that names what is wrong."""

import math

import pytest

from nanospread import brief, errors, project
from nanospread.brief import assumptions

SAMPLE = (project.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")


@pytest.fixture
def sample():
    return brief.read("sample")


def written(folder, old, new):
    assert old in SAMPLE
    file = folder / "mine.yaml"
    file.write_text(SAMPLE.replace(old, new), encoding="utf-8")
    return file


def test_the_sample_brief_is_read_by_its_name_and_by_its_path(sample):
    assert sample == brief.read(project.DATA / "briefs" / "sample.yaml")
    assert (sample.budget, sample.currency, sample.nano.offer, sample.mixes) == (
        5000,
        "EUR",
        "gift",
        (0.25, 0.5, 0.75),
    )


def test_every_assumption_says_where_it_comes_from(sample):
    table = brief.assumptions_table(sample)
    assert list(table.columns) == ["name", "low", "central", "high", "unit", "basis", "source"]
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
        ("budget: 5000", "budget: .nan", "budget must be a finite number; got nan"),
        ("budget: 5000", "budget: yes", "budget must be a valid number; got True; YAML reads unquoted yes"),
        ("budget: 5000", "budget: 100", "budget must be at least 132.00 (contact, goods and fee of one nano"),
        ("budget: 5000", "budgte: 5000", "unknown field 'budgte'; did you mean 'budget'?"),
        ("budget: 5000", "", "budget is missing"),
        ("budget: 5000", "budget: 5000\nbudget: 50", "line 6: budget is given twice"),
        (
            "name: sample",
            "name: 2026-11-01",
            "name must be a valid string; got datetime.date(2026, 11, 1); YAML",
        ),
        ("name: sample", "name: ../other", "name must be small letters, digits, - and _"),
        ("name: sample", "name: !!python/name:os.system x", "tags and aliases are not allowed"),
        ("name: sample", "name: &a sample\ntitel: *a", "tags and aliases are not allowed"),
        ("name: sample", "no: sample", "the name 'no' is not text"),
        ("name: sample", "name: [sample", "line 3: expected ',' or ']'"),
        ("currency: EUR", "currency: euro", "currency must be three capitals such as EUR; got 'euro'"),
        ("[fashion, beauty, food, travel]", "[]", "niches must name at least one niche"),
        (
            "[fashion, beauty, food, travel]",
            "[food, Food]",
            "niches must name at least one niche, and each only",
        ),
        ("[fashion, ", "[no, ", "niches.0 must be a valid string; got False; YAML reads unquoted"),
        (
            "  niche: fashion",
            "  followers: 500000\n  fee: 6000",
            "macro.fee must be at most the budget, 5,000.00",
        ),
        (
            "  niche: fashion",
            "  followers: 900000",
            "macro.fee must be at most the budget, 5,000.00; got 9,000",
        ),
        ("  niche: fashion", "  fee: 4000", "macro needs followers beside its fee"),
        ("  niche: fashion", "  folowers: 1", "unknown field of macro 'folowers'; did you mean 'followers'?"),
        ("offer: gift", "offer: gfit", "nano.offer must be 'gift' or 'fee'; got 'gfit'"),
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
            "margin keeps its name and its unit [share]",
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
        1, 60, 60, "assumed", "set in mine.yaml",
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
        ("kappa,1,10,45,ratio,guessed,somebody", "kappa basis must be 'measured', 'published' or 'assumed'"),
        ("kappa,1,10,45,times,assumed,somebody", "unknown unit 'times'"),
        ("kappa,1,ten,45,ratio,assumed,somebody", "kappa central must be a valid number"),
        ("kappa,1,10,45,ratio,assumed,", "kappa source"),
        (
            "kappa,11,10,45,ratio,assumed,somebody",
            "kappa must have low <= central <= high; got 11.0, 10.0, 45.0",
        ),
        ("kappa,1,10,45,ratio,assumed,a\nkappa,1,10,45,ratio,assumed,a", "kappa stands twice"),
    ],
)
def test_a_wrong_row_of_the_assumptions_is_named(tmp_path, line, message):
    file = tmp_path / "assumptions.csv"
    file.write_text(f"name,low,central,high,unit,basis,source\n{line}\n", encoding="utf-8")
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


def test_a_sweep_takes_only_the_values_that_the_brief_allows():
    sticky = brief.changed(brief.read("sample"), rho_niche=0.7)
    assert brief.allowed(sticky, "rho_campaign", (0.0, 0.1, 0.2, 0.4)) == (0.0, 0.1, 0.2)
    with_all = brief.allowed(brief.read("sample"), "rho_campaign", (0.0, 0.4))
    assert with_all == (0.0, 0.4)
    with pytest.raises(errors.InputError, match="did you mean 'rho_campaign'"):
        brief.allowed(sticky, "rho_campain", (0.0, 0.1))


@pytest.mark.parametrize("file", sorted((project.DATA / "briefs").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_bundled_brief_is_valid_and_named_like_its_file(file):
    assert brief.read(file).name == file.stem
