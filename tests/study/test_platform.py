"""Proves that a campaign on another platform rests on that platform's rows and on assumptions of its own."""

import pandas as pd
import pytest

import thin_data
from nanospread import pages, store, study
from nanospread.campaign import brief as briefs
from nanospread.campaign import shortlist
from nanospread.campaign.beliefs import evidence
from nanospread.campaign.simulation import creator_list
from nanospread.core.errors import InputError
from nanospread.creators import benchmarks, contrasts, metrics, partitions, stored_rates, tiers
from nanospread.ingest import dataset
from nanospread.report import build, markup
from nanospread.report import plan as report_plan

RATES = {
    **dict.fromkeys(("reach_rate_nano", "reach_rate_macro"), 0.4),
    **dict.fromkeys(("story_rate_nano", "story_rate_macro"), 0.0),
    **dict.fromkeys(("ctr_feed", "ctr_story"), 0.01),
    **dict.fromkeys(("cvr_nano", "cvr_macro"), 0.02),
    **dict.fromkeys(("fee_per_follower_nano", "fee_per_follower_macro"), 0.02),
}


def plan(folder, platform, rates):
    file = thin_data.brief(folder, "food")
    given = "".join(f"  {name}: {value}\n" for name, value in rates.items())
    file.write_text(f"{file.read_text()}platform: {platform}\nassumptions:\n{given}")
    return file


def on(folder, platform):
    """Write thin exports, all of whose rows are of a platform, beside one account and post elsewhere."""
    thin_data.exports(folder, nano=12, posts=4)
    for name, other in (
        ("creators", "maker.0,99,food,2026-11-15,twitch"),
        ("posts", "x,maker.0,2026-11-01,5,5,twitch"),
    ):
        table = pd.read_csv(folder / f"{name}.csv").assign(platform=platform)
        (folder / f"{name}.csv").write_text(f"{table.to_csv(index=False)}{other}\n")
    return folder


def sized(folder, monkeypatch, factor=10):
    """Let TikTok's sizes end at this multiple of Instagram's."""
    rows = tiers.table("instagram")
    rows = rows.assign(platform="tiktok", low=rows["low"] * factor, high=rows["high"] * factor)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "tiers.csv"
    more = rows[list(tiers.COLUMNS)].to_csv(index=False, header=False)
    file.write_text(tiers.FILE.read_text(encoding="utf-8") + more, encoding="utf-8")
    monkeypatch.setattr(tiers, "FILE", file)


def ten_times(folder):
    """Give every account of exports ten times its followers, its likes and comments as they were."""
    accounts = pd.read_csv(folder / "creators.csv")
    accounts.assign(followers=10 * accounts["followers"]).to_csv(folder / "creators.csv", index=False)
    return folder


def test_a_brief_for_another_platform_must_bring_what_is_published_of_instagram_alone(tmp_path):
    lacking = {name: value for name, value in RATES.items() if not name.startswith("cvr")}
    with pytest.raises(
        InputError, match=r"platform is tiktok, .* give its own cvr_nano, cvr_macro under assum"
    ):
        briefs.read(plan(tmp_path, "tiktok", lacking))
    assert briefs.read(plan(tmp_path, "tiktok", RATES)).of_others == ()
    with pytest.raises(InputError, match="platform is tiktok"):
        briefs.changed(briefs.read("sample"), platform="tiktok")


def test_a_platform_that_nobody_declares_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match="unknown platform 'tictok'; did you mean 'tiktok'"):
        briefs.read(plan(tmp_path, "tictok", RATES))


@pytest.mark.slow
def test_the_same_data_and_assumptions_give_the_same_numbers_on_every_platform(tmp_path):
    studies = [
        study.open(on(tmp_path / name, name), brief=plan(tmp_path / f"of_{name}", name, RATES))
        for name in ("instagram", "tiktok")
    ]
    one, other = (each.simulate(n_worlds=300, seed=4) for each in studies)
    pd.testing.assert_frame_equal(one.odds(), other.odds())
    assert [len(each.roster) for each in studies] == [16, 16]
    assert [list(each.tables.elsewhere["creators"]["platform"]) for each in studies] == [["twitch"]] * 2
    assert all(each.left_out["posts"].tolist() == [0, 0, 1] for each in studies)


def test_no_rate_of_another_platform_is_published_and_none_is_compared_with(tmp_path):
    held = study.open(on(tmp_path / "d", "tiktok"), brief=plan(tmp_path, "tiktok", RATES))
    rows = held.backtest().held_out.rows
    assert rows[["crps_own", "crps_tier"]].notna().all(axis=None)
    assert rows["crps_constant"].isna().all()
    by_tier = metrics.summary(held.posts, "tier")
    averages = benchmarks.averages(benchmarks.table(platform=held.brief.platform))
    assert pages.engagement.published(averages, by_tier, platform="tiktok").text.startswith(
        "No published engagement rate for TikTok is known here"
    )
    gap = pages.engagement.gap(
        by_tier, contrasts.premium(held.posts, by=None), benchmarks.comparable("tiktok")
    )
    assert "published" not in gap.text
    empty = pages.engagement.figures.benchmarks(averages, by_tier, title="None").ax
    assert [text.get_text() for text in empty.texts] == ["no published figure is of a tier in the data"]


@pytest.mark.slow
def test_accounts_of_other_platforms_are_told_by_platform_with_the_brief_that_reads_them(tmp_path):
    found = study.open(on(tmp_path / "d", "tiktok"), brief=plan(tmp_path, "tiktok", RATES)).tables
    assert dataset.accounts_elsewhere(found) == {"twitch": 1}
    told = "1 Twitch account is not covered: a brief with platform: twitch reads its own."
    assert pages.data_quality.elsewhere({"twitch": 1}) == told
    assert pages.data_quality.elsewhere({"tiktok": 412, "youtube": 3}) == (
        "412 TikTok accounts and 3 YouTube accounts are not covered: a brief with platform: tiktok reads "
        "its own."
    )
    assert pages.data_quality.elsewhere(dataset.accounts_elsewhere(study.open().tables)) == ""
    inputs = report_plan.read(str(plan(tmp_path, "tiktok", RATES)), str(tmp_path / "d"), {})
    assert build._banners(inputs, "2026-W47")[:2] == (
        "Creators on TikTok: sizes are cut as on Instagram. No published engagement rate for TikTok.",
        told,
    )


def test_data_without_a_creator_of_the_brief_s_platform_say_so(tmp_path):
    with pytest.raises(InputError, match=r"no \w+ of youtube, which every figure is of: .* of tiktok"):
        study.open(on(tmp_path / "d", "tiktok"), brief=plan(tmp_path, "youtube", RATES)).posts  # noqa: B018


@pytest.mark.slow
def test_a_store_is_read_for_the_platform_that_is_asked_for(tmp_path):
    folder = on(tmp_path / "d", "tiktok")
    day = pd.Timestamp("2026-11-16", tz="UTC")
    store.write(tmp_path / "s", store.opened(folder, "tiktok"), as_of=day, inputs={"a": "0" * 64})
    held = study.open(tmp_path / "s", brief=plan(tmp_path, "tiktok", RATES))
    assert len(held.posts) == 64
    twitch = held.data.within(held.data.window, platform="twitch")
    assert twitch.exported.posts["post"].tolist() == ["x"]


@pytest.mark.slow
def test_where_a_platform_has_rows_of_its_own_they_cut_every_size(tmp_path, monkeypatch):
    sized(tmp_path, monkeypatch)
    small = study.open(on(tmp_path / "i", "instagram"), brief=plan(tmp_path / "a", "instagram", RATES))
    large = study.open(ten_times(on(tmp_path / "t", "tiktok")), brief=plan(tmp_path / "b", "tiktok", RATES))
    for one, other in ((small.posts, large.posts), (small.engagement.creators, large.engagement.creators)):
        assert one["tier"].tolist() == other["tier"].tolist()
        assert one["tier"].nunique() == 2
    assert small.amount == large.amount
    assert small.amount.nano == 12
    assert small.data.niches == large.data.niches
    assert {*large.components()["creator"]} == {*small.components()["creator"]}
    listed = [creator_list.roster(each.engagement, ("food",)) for each in (small, large)]
    assert listed[0]["creator"].tolist() == listed[1]["creator"].tolist()
    assert (10 * listed[0]["followers"]).tolist() == listed[1]["followers"].tolist()
    drawn = [creator_list._drawn(("food",), 9, name)["followers"] for name in ("instagram", "tiktok")]
    assert (drawn[1] // 10).tolist() == drawn[0].tolist()
    people = [pd.DataFrame({"campaign": "c", "creator": each.roster["creator"]}) for each in (small, large)]
    sides = [
        evidence.with_sides(rows.assign(orders=1.0, clicks=9.0), each.roster, each.brief.platform)["side"]
        for rows, each in zip(people, (small, large), strict=True)
    ]
    assert sides[0].tolist() == sides[1].tolist()
    assert sorted(sides[0].unique()) == [0, 1]
    people = shortlist.candidates(large.engagement, large.brief, large.roster)["creator"]
    assert sorted(people) == sorted(listed[1]["creator"])


def test_a_fee_starts_inside_the_nano_tier_of_the_brief_s_platform(tmp_path, monkeypatch):
    sized(tmp_path, monkeypatch)
    brief = briefs.read(plan(tmp_path, "tiktok", RATES))
    with pytest.raises(InputError, match=r"nano.fee_from must be from 10,000 to 100,000; got 5000"):
        briefs.changed(brief, offer="mixed")
    mixed = briefs.changed(brief, offer="mixed", fee_from=40_000)
    assert mixed.nano.paid_share("tiktok") == pytest.approx(
        briefs.NanoOffer(offer="mixed", fee_from=4_000).paid_share("instagram")
    )
    with pytest.raises(InputError, match=r"must be from 1,000 to 10,000; got 40000"):
        briefs.changed(briefs.read("sample"), fee_from=40_000)


def test_words_and_sizes_of_a_report_are_of_the_rows_that_cut(tmp_path, monkeypatch):
    assert tiers.cut_as("tiktok") == "instagram"
    sized(tmp_path, monkeypatch)
    assert tiers.cut_as("tiktok") == "tiktok"
    assert tiers.cut_as("youtube") == "instagram"
    markup.terms.cache_clear()
    told = {row.name: row.explanation for row in markup.terms("tiktok")}
    assert told["nano"] == "a creator with 10,000 to 100,000 followers"
    assert told["macro"] == "one creator with 1,000,000 to 10,000,000 followers"
    held = ten_times(on(tmp_path / "d", "tiktok"))
    inputs = report_plan.read(str(plan(tmp_path, "tiktok", RATES)), str(held), {})
    assert build._banners(inputs, "2026-W47")[0] == (
        "Creators on TikTok. No published engagement rate for TikTok."
    )
    assert contrasts._size_ends("instagram") == [1_000, 2_000, 5_000, 10_000]
    assert contrasts._size_ends("tiktok") == [10_000, 20_000, 50_000, 100_000]


def test_a_store_s_rates_are_cut_as_its_platform_s(tmp_path, monkeypatch):
    sized(tmp_path, monkeypatch)
    folder = ten_times(on(tmp_path / "d", "tiktok"))
    day = pd.Timestamp("2026-11-16", tz="UTC")
    found = store.opened(folder, "tiktok")
    store.write(tmp_path / "s", found, as_of=day, inputs={"a": "0" * 64})
    files = store.merged_files(tmp_path / "s", tmp_path, platform="tiktok")
    parts = partitions.tables([files["posts"]], [files["creators"]], "tiktok")
    groups = stored_rates.engagement(*parts, into=tmp_path).groups
    posts = metrics.per_post(dataset.dated_posts(found, last_posts=100, fresh_days=0))
    assert groups["tier"].tolist() == ["nano", "micro"]
    assert groups["posts"].tolist() == posts["tier"].value_counts()[["nano", "micro"]].tolist()
    assert store.together(tmp_path / "s", "tiktok")["posts"] == len(posts)
    assert store.elsewhere(tmp_path / "s", "tiktok")["platform"].unique().tolist() == ["twitch"]


def test_posts_of_two_platforms_are_not_rated_together(tmp_path):
    posts = store.opened(on(tmp_path / "d", "tiktok"), "tiktok").whole("posts").assign(followers=9)
    with pytest.raises(InputError, match="posts of tiktok, twitch are not analysed together; part them"):
        metrics.per_post(posts)


@pytest.mark.slow
def test_a_team_on_two_platforms_compares_two_briefs_on_the_same_data(tmp_path):
    """What docs/how_to/brief.md tells such a team to do: the same handles, and results of both."""
    folder = thin_data.exports(tmp_path / "d", nano=12, posts=4)
    for name in ("creators", "posts"):
        here = pd.read_csv(folder / f"{name}.csv").assign(platform="")
        there = here.assign(platform="tiktok")
        if name == "creators":
            there["followers"] += 500
        pd.concat([here, there]).to_csv(folder / f"{name}.csv", index=False)
    spent = "campaign,creator,cost,clicks,orders,platform\n"
    spent += "".join(f"spring,maker.{at},30,200,{at + 3},\n" for at in range(3))
    spent += "".join(f"tt,maker.{at},30,200,{at + 9},TikTok\n" for at in range(4))
    (folder / "spent.csv").write_text(spent)
    one, other = (plan(tmp_path / name, name, RATES) for name in ("instagram", "tiktok"))
    other.write_text(other.read_text().replace("name: ours", "name: tt"))
    mine = study.open(folder, brief=one)
    with pytest.raises(InputError, match="platform is tiktok, for which nothing is published here"):
        mine.compared(plan(tmp_path / "bare", "tiktok", {"kappa": 5}))
    made = mine.compared(other, n_worlds=300)
    assert made.names == ("ours", "tt")
    here, there = (run.study for run in made.runs)
    assert (there.roster["followers"] - here.roster["followers"] == 500).all()
    assert [len(each.posts) for each in (here, there)] == [64, 64]
    assert [dataset.accounts_elsewhere(each.tables) for each in (here, there)] == [
        {"tiktok": 16},
        {"instagram": 16},
    ]
    assert there.tables.results["campaign"].unique().tolist() == ["tt"]
    assert here.data.counted.notes == (
        "3 results of a handle on several platforms, maker.0, maker.1 and maker.2: in no figure. The "
        "outreach log of the campaign, or a column platform in its results, tells which.",
        "4 results on tiktok, of maker.0, maker.1, maker.2 and maker.3: in no figure of instagram.",
    )
    assert len(made.options.query("option == 'nano'")) == 2
