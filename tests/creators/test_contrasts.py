"""Proves premiums and the sponsored effect by hand, against Welch's t, and as properties."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bundled
from draws import examples
from nanospread.core.errors import InputError
from nanospread.creators import contrasts, metrics, tiers
from nanospread.ingest import tables


def rated(rates, creators, *, followers=5_000.0, tier="nano", niche="food"):
    er = np.asarray(rates, dtype=float)
    posts = pd.DataFrame({"creator": creators, "niche": niche, "followers": followers, "er": er})
    return posts.assign(
        engagements=er * followers, tier=tiers.of(posts["followers"], "instagram") if tier is None else tier
    )


def test_a_premium_of_two_is_found_exactly_where_nothing_varies():
    nano, micro = rated([0.06] * 3, list("abc")), rated([0.03] * 3, list("def"), tier="micro")
    row = contrasts.premium(
        pd.concat([nano, micro]).assign(engagements=lambda posts: posts["er"] * 5_000 - 0.5)
    )
    assert row.loc[0, ["ratio", "low", "high"]].tolist() == pytest.approx([2.0] * 3)
    assert row.loc[0, ["group", "creators_tier", "creators_versus"]].tolist() == ["food", 3, 3]


def test_the_premium_counts_a_creator_once_and_follows_welch():
    nano = rated([0.02, 0.08, 0.04, 0.04, 0.05, 0.10], list("aabbcd"))
    micro = rated([0.02, 0.03, 0.05, 0.025], list("efgh"), tier="micro", followers=50_000)
    row = contrasts.premium(pd.concat([nano, micro]), by=None).iloc[0]

    def logs(rates, followers):
        return np.log(np.asarray(rates) + 0.5 / followers)

    one = np.append([logs([0.02, 0.08], 5e3).mean()], logs([0.04, 0.05, 0.10], 5e3))
    other = logs([0.02, 0.03, 0.05, 0.025], 5e4)
    shares = one.var(ddof=1) / 4, other.var(ddof=1) / 4
    freedom = sum(shares) ** 2 / (shares[0] ** 2 / 3 + shares[1] ** 2 / 3)
    assert 5.5 < freedom < 6
    assert row["group"] == "all"
    assert row["ratio"] == pytest.approx(math.exp(one.mean() - other.mean()))
    assert math.log(row["high"] / row["ratio"]) / math.sqrt(sum(shares)) == pytest.approx(2.46, abs=0.03)
    assert row["low"] * row["high"] == pytest.approx(row["ratio"] ** 2)


def test_a_premium_turned_round_is_its_inverse():
    posts = pd.concat(
        [rated([0.05, 0.06, 0.09], list("abc")), rated([0.02, 0.03, 0.05], list("def"), tier="micro")]
    )
    there, back = (
        contrasts.premium(posts).iloc[0],
        contrasts.premium(posts, tier="micro", versus="nano").iloc[0],
    )
    assert there["ratio"] * back["ratio"] == pytest.approx(1)
    assert there["low"] * back["high"] == pytest.approx(1)


def test_a_group_with_two_creators_of_a_tier_has_no_premium():
    posts = pd.concat([rated([0.05, 0.06, 0.09], list("abc")), rated([0.02, 0.03], list("de"), tier="micro")])
    assert contrasts.premium(posts).empty


def test_an_unknown_tier_names_the_nearest():
    with pytest.raises(InputError, match="unknown tier 'nanno'; did you mean 'nano'"):
        contrasts.premium(rated([0.05], ["a"]), tier="nanno")


def test_the_premium_by_size_compares_each_size_with_all_of_the_other_tier():
    followers = [1_000] * 3 + [1_999, 2_000, 4_000, 4_999] + [9_000] * 2 + [50_000] * 3
    posts = rated([0.08] * 4 + [0.04] * 3 + [0.04] * 2 + [0.02] * 3, list("abcdefghijkl"),
                  followers=np.array(followers), tier=None)  # fmt: skip
    posts["engagements"] = posts["er"] * posts["followers"] - 0.5
    rows = contrasts.premium_by_size(posts)
    assert rows["group"].tolist() == ["1-2k", "2-5k"]  # two creators of 5-10k are too few
    assert rows["ratio"].tolist() == pytest.approx([4.0, 2.0])
    assert rows["creators_tier"].tolist() == [4, 3]
    assert rows["creators_versus"].tolist() == [3, 3]
    assert contrasts.premium_by_size(posts[posts["tier"] == "nano"]).empty


def paid(effects, n_sponsored, n_organic, *, level=0.04):
    """One creator for each effect on log ER, with so many posts of each kind, and no other noise."""
    rows = [
        (f"c{i}", kind, level * (i + 1) * math.exp(effect if kind else 0.0))
        for i, (effect, ones, zeros) in enumerate(zip(effects, n_sponsored, n_organic, strict=True))
        for kind in [True] * ones + [False] * zeros
    ]
    posts = pd.DataFrame(rows, columns=["creator", "sponsored", "er"])
    posts = posts.assign(followers=5_000.0, sponsored=posts["sponsored"].astype("boolean"))
    return posts.assign(engagements=posts["er"] * 5_000 - 0.5)


def test_sponsored_posts_are_compared_within_each_creator():
    """Weights n1 n0 / (n1 + n0) = .5, .75, 2; by hand: the mean, and the t interval of 2 degrees."""
    effects, weights = np.array([-0.1, -0.5, -0.3]), np.array([0.5, 0.75, 2.0])
    row = contrasts.sponsored_effect(paid(effects, [1, 1, 3], [1, 3, 6])).iloc[0]
    mean = weights @ effects / weights.sum()
    se = math.sqrt(((weights * (effects - mean)) ** 2).sum() * 3 / 2) / weights.sum()
    assert math.log(row["ratio"]) == pytest.approx(mean)
    assert math.log(row["high"]) - mean == pytest.approx(4.302652729911275 * se)
    assert mean - math.log(row["low"]) == pytest.approx(4.302652729911275 * se)
    assert row[["creators", "posts_sponsored", "posts_organic"]].tolist() == [3, 5, 10]


def test_the_sponsored_effect_needs_three_creators_with_both_kinds():
    posts = paid([-0.2, -0.2, -0.2], [1, 1, 2], [2, 2, 0])
    assert contrasts.sponsored_effect(posts).empty
    assert contrasts.sponsored_effect(posts.assign(sponsored=pd.NA)).empty
    same = contrasts.sponsored_effect(paid([-0.2, -0.2, -0.2], [1, 1, 2], [2, 2, 1])).iloc[0]
    assert same[["ratio", "low", "high"]].tolist() == pytest.approx([math.exp(-0.2)] * 3)


def test_the_sample_shows_the_sponsored_effect_that_was_planted():
    """sample plants -0.25 on log ER; half an interval is about two standard errors."""
    row = contrasts.sponsored_effect(metrics.per_post(tables.dated_posts(bundled.validated()))).iloc[0]
    se = math.log(row["high"] / row["low"]) / 2 / 1.97
    assert abs(math.log(row["ratio"]) + 0.25) < 4 * se
    assert row["high"] < 1
    assert se < 0.06


def test_no_rated_post_gives_no_premium():
    assert contrasts.premium(rated([np.nan] * 3, list("abc"))).empty


@settings(max_examples=examples(40))
@given(
    st.lists(st.tuples(st.floats(1e-4, 2), st.integers(0, 5), st.booleans()), min_size=6, max_size=30),
    st.floats(0.01, 100),
)
def test_the_same_factor_on_every_rate_leaves_the_premium_as_it_is(rows, factor):
    """On the log scale a shift of both tiers; the half engagement that is added before logs aside."""
    er, creator, nano = zip(*rows, strict=True)
    tier = pd.Series(np.where(nano, "nano", "micro"))
    names = [f"{name}{number}" for name, number in zip(tier, creator, strict=True)]
    one, other = (
        rated(rates, names).assign(tier=tier, engagements=rates * 5_000 - 0.5)
        for rates in (np.array(er), factor * np.array(er))
    )
    pd.testing.assert_frame_equal(contrasts.premium(one), contrasts.premium(other), rtol=1e-6)
    assert one.groupby("tier")["creator"].nunique().reindex(["nano", "micro"]).ge(3).all() == (
        len(contrasts.premium(one)) == 1
    )
