"""Proves that the sample is reproducible to the byte, labelled synthetic, calibrated, and odd as it says."""

import numpy as np
import pandas as pd
import pytest

from nanospread import project, sample, sources, tables

MEDIAN_ER = {"nano": 0.0394, "micro": 0.0280, "macro": 0.0242, "mega": 0.0227}  # facts.md D1
COMMENT_SHARE = {"nano": 0.039, "micro": 0.026, "macro": 0.0115, "mega": 0.0065}  # D5


@pytest.fixture(scope="module")
def read() -> tables.Tables:
    return tables.validated(sources.folder(project.SAMPLE))


@pytest.fixture(scope="module")
def posts(read: tables.Tables) -> pd.DataFrame:
    """Return every post with shown likes and its rate, without the viral one."""
    made = tables.dated_posts(read, last_posts=10_000).dropna(subset="likes")
    engagements = (made["likes"] + made["comments"]).astype("float64")
    limits = [0, 10_000, 100_000, 1_000_000, np.inf]
    tier = pd.cut(made["followers"], limits, right=False, labels=list(MEDIAN_ER))
    made = made.assign(er=engagements / made["followers"], tier=tier, engagements=engagements)
    return made[made["er"] < 1].assign(
        ln_er=lambda kept: np.log((kept["engagements"] + 0.5) / kept["followers"])
    )


@pytest.fixture(scope="module")
def nano(posts: pd.DataFrame) -> pd.DataFrame:
    return posts[posts["tier"] == "nano"]


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first, second = (sample.write(tmp_path / name, seed=7) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert all(b"\r" not in path.read_bytes() for path in first)


def test_another_seed_gives_other_bytes_in_every_file():
    one, two = sample.files(7), sample.files(8)
    assert all(one[name] != two[name] for name in one)


def test_the_committed_sample_is_what_the_generator_writes():
    for name, text in sample.files(sample.SEED).items():
        assert (project.SAMPLE / name).read_bytes() == text.encode(), f"{name}: run `nanospread sample`"


def test_the_sample_says_in_its_readme_and_in_every_handle_that_it_is_synthetic(read):
    assert (project.SAMPLE / "README.md").read_text(encoding="utf-8").startswith("# SYNTHETIC")
    for name in ("creators", "posts", "outreach", "results"):
        assert getattr(read, name)["creator"].str.startswith("synthetic_").all()


def test_the_sample_has_every_tier_and_niche_and_twelve_weeks(read):
    roster = tables.roster(read)
    assert len(roster) == 400
    assert roster["niche"].nunique() == 9
    assert (read.creators.groupby("creator").size() == 12).all()
    weeks = read.posts["posted_at"].dt.isocalendar()
    assert sorted((weeks["year"] * 100 + weeks["week"]).unique()) == list(range(202635, 202647))
    assert tables.as_of(read).date().isoformat() <= "2026-11-15"
    assert (project.SAMPLE / "posts.csv").stat().st_size < 500_000


@pytest.mark.parametrize(
    ("tier", "tolerance"), [("nano", 0.1), ("micro", 0.15), ("macro", 0.2), ("mega", 0.3)]
)
def test_the_median_engagement_of_each_tier_is_the_measured_one(posts, tier, tolerance):
    median = posts.loc[posts["tier"] == tier, "er"].median()
    assert median == pytest.approx(MEDIAN_ER[tier], rel=tolerance)


def test_niches_differ_as_measured(nano):
    median = nano.groupby("niche")["er"].median()
    for niche, measured in {
        "fashion": 0.0570,
        "travel": 0.0480,
        "family": 0.0404,
        "food": 0.0342,
        "other": 0.0226,
    }.items():
        assert median[niche] == pytest.approx(measured, rel=0.25), niche


def test_followers_cost_engagement_within_nano_as_measured(nano):
    of = (
        nano.assign(ln_followers=np.log(nano["followers"]))
        .groupby("creator")[["ln_er", "ln_followers"]]
        .mean()
    )
    niche = nano.groupby("creator")["niche"].first()
    centred = of - of.groupby(niche).transform("mean")
    slope = (centred["ln_er"] * centred["ln_followers"]).sum() / (centred["ln_followers"] ** 2).sum()
    assert slope == pytest.approx(-0.30, abs=0.1)


def test_accounts_and_posts_vary_as_measured(nano):
    within_creator = nano["ln_er"] - nano.groupby("creator")["ln_er"].transform("mean")
    creators = nano.groupby("creator")["ln_er"]
    within = np.sqrt((within_creator**2).sum() / (len(nano) - creators.ngroups))
    between = np.sqrt(creators.mean().var() - within**2 / creators.size().mean())
    assert within == pytest.approx(0.50, abs=0.05)
    assert between == pytest.approx(0.80, abs=0.08)


def test_accounts_differ_in_how_much_their_posts_vary(nano):
    spread = nano.groupby("creator")["ln_er"].std()[nano.groupby("creator").size() >= 12]
    # 12 normal posts alone would give sd(ln sd) of about 1 / sqrt(2 * 11) = 0.21
    assert np.log(spread).std() > 0.3


def test_comment_shares_fall_with_size_as_measured(posts):
    share = (posts["comments"] / posts["engagements"].where(posts["engagements"] > 0)).astype("float64")
    median = share.groupby(posts["tier"], observed=True).median()
    for tier, measured in COMMENT_SHARE.items():
        assert median[tier] == pytest.approx(measured, rel=0.2), tier
    silent = (posts["comments"] == 0).groupby(posts["tier"], observed=True).mean()
    assert 0.08 < silent["nano"] < 0.20  # measured 0.157
    assert silent["nano"] > silent["micro"] > silent["macro"]


def test_sponsored_posts_engage_less_within_the_account(posts):
    around = posts["ln_er"] - posts.groupby("creator")["ln_er"].transform("mean")
    sponsored = posts["sponsored"].astype(bool)
    assert sponsored.mean() == pytest.approx(0.07, abs=0.015)
    assert -0.35 < around[sponsored].mean() - around[~sponsored].mean() < -0.15


def test_the_outreach_log_follows_the_published_funnel(read):
    log = read.outreach
    replied, accepted = log["replied"].sum(), log["accepted"].sum()
    assert replied / len(log) == pytest.approx(0.40, abs=0.10)
    assert accepted / replied == pytest.approx(0.65, abs=0.15)
    rate = log[log["accepted"]].groupby("offer")["posted"].mean()
    assert 0.30 < rate["gift"] < rate["fee"]
    assert not (log["accepted"] & ~log["replied"]).any()
    assert not (log["posted"] & ~log["accepted"]).any()
    assert (log["posted_at"].notna() == log["posted"].astype(bool)).all()
    assert (log["accepted"] & ~log["posted"]).any()  # accepted and not posted, or not yet


def test_past_results_sit_at_ten_times_the_benchmark_funnel(read):
    results = read.results.merge(tables.roster(read), on="creator", validate="many_to_one")
    nano = results[results["followers"] < 10_000]
    funnel = (nano["followers"] * (0.20 * 0.008 + 0.09 * 0.03) * 0.024 * 65).sum()  # facts.md A4, A5
    assert 5 < nano["revenue"].sum() / funnel < 20
    assert results["campaign"].nunique() == 3
    assert (results["revenue"] > 0).equals(results["orders"] > 0)


def test_every_oddity_the_readme_names_is_there(read):
    creators, ledger = read.creators, read.ledger
    assert read.posts.loc[read.posts["likes"].isna(), "creator"].nunique() == 6
    dated = tables.dated_posts(read, last_posts=10_000)
    assert ((dated["likes"] + dated["comments"]) > dated["followers"]).sum() == 1
    growth = creators.sort_values("as_of").groupby("creator")["followers"].pct_change()
    assert (growth > 0.5).sum() == 1
    assert (ledger["before"] == "FASHION").sum() == 1
    assert (ledger["reason"] == "repeated post: the first is kept").sum() == 1


def test_the_bought_looking_jump_brings_no_engagement(read):
    dated = tables.dated_posts(read, last_posts=10_000)
    growth = read.creators.sort_values("as_of").groupby("creator")["followers"].pct_change()
    jump = read.creators.loc[growth.idxmax()]
    own = dated[dated["creator"] == jump["creator"]]
    rate = (own["likes"] + own["comments"]) / own["followers"]
    after = own["posted_at"] >= jump["as_of"]
    assert rate[after].median() < 0.8 * rate[~after].median()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_seed_gives_a_whole_sample(tmp_path, seed):
    sample.write(tmp_path, seed=seed)
    read = tables.validated(sources.folder(tmp_path))
    assert read.counts["refused"].sum() == 1
    assert len(tables.roster(read)) == 400
