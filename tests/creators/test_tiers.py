"""Proves that a creator falls into the tier whose half-open range holds the followers, and that a broken
table of boundaries is refused with its line."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.core.errors import InputError
from nanospread.creators import tiers


def table_with(tmp_path, old, new):
    file = tmp_path / "tiers.csv"
    text = tiers.FILE.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("followers", "tier"),
    [
        (1, "below nano"),
        (999, "below nano"),
        (1_000, "nano"),
        (9_999, "nano"),
        (10_000, "micro"),
        (99_999, "micro"),
        (100_000, "macro"),
        (999_999, "macro"),
        (1_000_000, "mega"),
        (650_000_000, "mega"),
    ],
)
def test_each_boundary_belongs_to_the_tier_that_starts_there(followers, tier):
    assert tiers.of([followers], "instagram").tolist() == [tier]


def test_tiers_are_ordered_and_keep_the_index():
    tier = tiers.of(pd.Series([2_000_000, 5_000], index=["big", "small"]), "instagram")
    assert tier["small"] == "nano"
    assert (tier > "nano").to_dict() == {"big": True, "small": False}
    assert tuple(tier.cat.categories) == tiers.ORDER


def test_an_array_and_a_nullable_series_give_the_same_tiers():
    counts = [500, 5_000, 50_000]
    wide = pd.Series(counts, dtype="Int64")
    assert tiers.of(np.array(counts), "instagram").tolist() == tiers.of(wide, "instagram").tolist()


def test_no_or_unknown_followers_have_no_tier():
    assert tiers.of([0, float("nan")], "instagram").isna().all()


@settings(max_examples=examples(40))
@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=20))
def test_more_followers_never_give_a_lower_tier(followers):
    assert tiers.of(sorted(followers), "instagram").cat.codes.is_monotonic_increasing


def test_the_table_names_a_source_for_each_boundary():
    assert (tiers.table("instagram")["source"] != "").all()


def test_the_last_tier_has_no_upper_end():
    assert tiers.table("instagram")["high"].isna().tolist() == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "micro,instagram,10000,",
            "micro,instagram,12000,",
            "line 3: high is 10000; it must be above low .* next tier .12000",
        ),
        ("gram,1000,10000", "gram,1000,ten", "line 3: 'ten' is not a whole number"),
        ("micro,", "mikro,", "must list below nano, nano, micro, macro, mega"),
        ("tier,plat", "level,plat", "line 1: the columns must be tier, platform, low, high, source"),
        ("micro,instagram", "micro,tiktok", "must list below nano, .*, in this order, for instagram"),
        ("micro,instagram", "micro,tictok", "line 4: unknown platform 'tictok'; did you mean 'tiktok'"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(tmp_path, monkeypatch, old, new, message):
    monkeypatch.setattr(tiers, "FILE", table_with(tmp_path, old, new))
    with pytest.raises(InputError, match=message):
        tiers.table("instagram")


def test_a_table_without_rows_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "tiers.csv"
    file.write_text("tier,platform,low,high,source\n")
    monkeypatch.setattr(tiers, "FILE", file)
    with pytest.raises(InputError, match="must list below nano"):
        tiers.table("instagram")


def test_a_platform_s_own_rows_are_checked_like_instagram_s(tmp_path, monkeypatch):
    file = tmp_path / "tiers.csv"
    own = "nano,tiktok,1000,50000,ours\nmicro,tiktok,50000,,ours\n"
    file.write_text(tiers.FILE.read_text(encoding="utf-8") + own, encoding="utf-8")
    monkeypatch.setattr(tiers, "FILE", file)
    with pytest.raises(InputError, match=r"must list below nano, .* for tiktok"):
        tiers.of([5_000], "instagram")
