"""Proves that each published figure is there with its source, that 1.6 % is the default reference line, and
that a row which a user adds is taken as written or refused with its line."""

import pytest

from nanospread.core.errors import InputError
from nanospread.creators import benchmarks

GOOD = (
    "ours_2025,instagram,nano,1000,10000,0.031,median,2025,Germany,(likes + comments) / followers,our posts,,"
    "source"
)


def table_with(tmp_path, row):
    """Return the bundled table with one more row, and that row's line."""
    text = benchmarks.FILE.read_text(encoding="utf-8")
    file = tmp_path / "benchmarks.csv"
    file.write_text(f"{text}{row}\n", encoding="utf-8")
    return file, text.count("\n") + 1


def test_the_default_reference_line_is_the_articles_industry_average():
    row = benchmarks.reference()
    assert (row["benchmark"], row["value"], row["tier"]) == ("industry_average", 0.016, "all")
    assert row["address"].startswith("https://")


@pytest.mark.parametrize(
    ("name", "value", "statistic", "quality"),
    [
        ("hypeauditor_2026_nano", 0.0178, "unknown", "source"),
        ("hypeauditor_2026_mega", 0.0033, "unknown", "source"),
        ("hypeauditor_2021_uk_nano", 0.0459, "unknown", "copy"),
        ("trendhero_nano_good", 0.177, "grade", "source"),
        ("untapper_2026_micro_to", 0.035, "unknown", "copy"),
        ("trust_insights_2021_macro", 0.0126, "median", "source"),
        ("trust_insights_2023_macro", 0.00414, "unknown", "derived"),
        ("likes_2019_us_sponsored", 0.016, "unknown", "copy"),
        ("modash_nano_to", 0.10, "median", "source"),
    ],
)
def test_figures_are_those_of_the_facts(name, value, statistic, quality):
    row = benchmarks.reference(name)
    assert (row["value"], row["statistic"], row["quality"]) == (value, statistic, quality)


def test_every_figure_names_source_and_address():
    table = benchmarks.table()
    assert len(table) >= 54  # a user may add rows
    assert (table["source"] != "").all()
    assert table["address"].str.startswith("http").all()


def test_published_nano_values_disagree_by_a_factor_of_five():
    """The reason why none of them is a constant; rows that users add can only widen it."""
    averages = benchmarks.averages(benchmarks.table())
    nano = averages.loc[averages["tier"] == "nano", "value"]
    assert nano.min() <= 0.0173
    assert nano.max() >= 0.10


def test_a_grade_is_no_average():
    table = benchmarks.table()
    graded = set(table["benchmark"]) - set(benchmarks.averages(table)["benchmark"])
    assert graded >= {"trendhero_nano_good", "trendhero_micro_good", "trendhero_mega_good"}
    assert "trendhero_nano_average" not in graded


def test_the_derived_rate_is_the_ratio_of_its_published_medians():
    row = benchmarks.reference("trust_insights_2023_macro")
    assert row["value"] == pytest.approx((892 + 32) / 223_437, abs=5e-6)
    for figure in ("892", "32", "223,437"):
        assert figure in row["source"]


def test_a_row_that_a_user_adds_can_be_the_reference(tmp_path):
    file, _ = table_with(tmp_path, GOOD)
    row = benchmarks.reference("ours_2025", file)
    assert (row["value"], row["tier_low"], row["country"], row["address"]) == (0.031, 1_000, "Germany", "")


def test_a_blank_line_and_a_byte_order_mark_do_no_harm(tmp_path):
    file, _ = table_with(tmp_path, f"\n{GOOD}")
    file.write_text(f"\ufeff{file.read_text(encoding='utf-8')}", encoding="utf-8")
    assert len(benchmarks.table(file)) == len(benchmarks.table()) + 1


def test_figures_are_of_a_platform_and_compared_with_no_other(tmp_path):
    file, _ = table_with(tmp_path, GOOD.replace("instagram", "tiktok"))
    assert benchmarks.table(file, platform="tiktok")["benchmark"].tolist() == ["ours_2025"]
    assert len(benchmarks.table(file, platform="instagram")) == len(benchmarks.table(file)) - 1
    assert benchmarks.table(platform="tiktok").empty
    assert benchmarks.comparable("tiktok") is None
    assert benchmarks.comparable("instagram")["value"] == 0.016


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("instagram", "tictok", "unknown platform 'tictok'; did you mean 'tiktok'"),
        ("nano", "nanno", "unknown tier 'nanno'; did you mean 'nano'"),
        ("median", "medain", "unknown statistic 'medain'; did you mean 'median'"),
        (",source", ",sourced", "unknown quality 'sourced'; did you mean 'source'"),
        ("0.031", "3.1", "value is '3.1'; it must be a share in .0, 1., 4.8 % is 0.048"),
        ("0.031", "0", "value is '0'"),
        ("0.031", "-0.1", "value is '-0.1'"),
        ("0.031", "nan", "value is 'nan'"),
        ("0.031", "about 3 %", "value is 'about 3 %'"),
        ("our posts", "", "source is missing"),
        ("(likes + comments) / followers", "", "formula is missing"),
        ("ours_2025", "", "benchmark is missing"),
        ("ours_2025", "industry_average", "'industry_average' is there twice"),
        ("1000,10000", "1000,1e4", "tier_high is '1e4'; it must be a whole number"),
        ("1000,10000", "10000,1000", "tier_low is 10000; it must be below tier_high .1000"),
        ("2025,Germany", "25,Germany", "year is 25; it must be in 2010 to 2100"),
        ("our posts", "our posts, 2025", "14 cells for 13 columns; a text that holds a comma needs quot"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_with_its_line(tmp_path, old, new, message):
    assert old in GOOD
    file, line = table_with(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(InputError, match=f"benchmarks.csv line {line}: .*{message}"):
        benchmarks.table(file)


def test_a_table_with_other_columns_is_refused(tmp_path):
    file, _ = table_with(tmp_path, GOOD)
    file.write_text(file.read_text(encoding="utf-8").replace("benchmark,", "id,", 1), encoding="utf-8")
    with pytest.raises(InputError, match="line 1: the columns must be benchmark, platform, tier"):
        benchmarks.table(file)


def test_a_table_that_is_not_utf8_is_refused(tmp_path):
    file, _ = table_with(tmp_path, GOOD)
    file.write_bytes(file.read_bytes() + "café".encode("cp1252"))
    with pytest.raises(InputError, match=r"benchmarks.csv: not UTF-8 text at byte \d+"):
        benchmarks.table(file)


def test_an_unknown_reference_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'industry_average'"):
        benchmarks.reference("industry_avrage")
