"""Proves the command: what is fetched is a snapshot of its day, and twice is the same store."""

import re
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import graph_faults as faults
from fetches import Site
from graph_api import TOKEN, GraphApi, Limits
from graph_world import OWN, OWN_ID, World
from nanospread import store
from nanospread.campaign import brief
from nanospread.cli import fetching, stored
from nanospread.core.errors import InputError
from nanospread.fetch import journal, outcomes, run
from nanospread.fetch.outcomes import Outcome
from nanospread.ingest.credit import RULE
from nanospread.ingest.dataset import nothing_fetched
from nanospread.pages import data_quality

LIMITS = brief.DataLimits()
SAID = """
account: {account}
token: file:token.txt
creators: names.txt
media: 20
host: {url}
"""


@pytest.fixture
def api():
    world = World(creators=6, media=12, own_media=5, stories=1)
    with GraphApi(world) as one:
        yield one


@pytest.fixture
def request_(api, tmp_path):
    """Return the request of a workspace with six creators, a personal account and a slip of the pen."""
    text = SAID.format(account=OWN_ID, url=api.url)
    (tmp_path / "fetch.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "token.txt").write_text(TOKEN)
    (tmp_path / "token.txt").chmod(0o600)
    names = [*(f"@{name}" for name in api.world.names()), "someone.private", "no name"]
    (tmp_path / "names.txt").write_text("\n".join(names), encoding="utf-8")
    return fetching.FetchRequest(tmp_path / "fetch.yaml", tmp_path / "store", LIMITS, wait_limit=0)


def snapshots(request):
    return [row["snapshot"][:10] for row in store.snapshots(request.store_folder).to_dict("records")]


def test_a_fetch_becomes_a_snapshot_of_its_day_with_every_refusal(api, request_, capsys):
    found = fetching.fetch(request_, api.clock)
    assert (found.paused, found.failed, found.refused) == (False, False, True)
    assert snapshots(request_) == ["2026-11-23"]
    read = store.read(request_.store_folder)
    assert sorted(read.creators["creator"]) == sorted(api.world.names())
    assert len(read.posts) == 6 * 12
    refused = read.ledger[read.ledger["status"] == "refused"]["reason"].tolist()
    assert sorted(refused) == [
        "no account name of Instagram",
        "personal account, or a name misspelt or changed",
    ]
    assert read.creators["as_of"].unique().tolist() == [pd.Timestamp("2026-11-23", tz="UTC")]
    said = capsys.readouterr().out
    assert "Asked = read + unchanged + dropped" in said
    assert "someone.private" in said.partition("Rows in")[0]
    account = journal.outcomes_file(journal.last(request_.folder).path)
    assert f"Each one: {account}\n" in said


def test_a_brands_own_posts_are_kept_and_in_no_table_those_of_a_creator_are(api, request_):
    fetching.fetch(request_, api.clock)
    assert OWN not in set(store.read(request_.store_folder).creators["creator"])
    file = request_.file
    file.write_text(file.read_text() + "own: creator\n")
    fetching.fetch(request_, api.clock)
    read = store.read(request_.store_folder)
    assert OWN in set(read.creators["creator"])
    assert read.posts.loc[read.posts["creator"] == OWN, "reach"].notna().any()


@pytest.mark.slow
def test_all_that_was_asked_for_is_on_page_01_and_counts_against_no_limit(api, request_):
    api.world.own_media, api.world.stories = 60, 4  # the older ones before the account was professional
    file = request_.file
    file.write_text(file.read_text().replace("media: 20", "media: 60"))
    fetched = fetching.fetch(request_, api.clock)
    assert not fetched.failed
    read = store.read(request_.store_folder)
    shown = data_quality.last_fetch(read.fetched).set_index("asked_for")
    assert shown["asked"].to_dict() == {
        "account": 8, "media": 72, "own_account": 1, "own_media": 60, "own_insights": 60 + 3, "own_story": 3
    }  # fmt: skip
    assert (shown["asked"] == shown["read"] + shown["unchanged"] + shown["refused"]).all()
    assert shown.loc["account", "refused"] == 2
    figures = shown.loc["own_insights"]
    assert figures["refused"] == 16
    assert figures["reasons"] == (
        "posted before the account was a professional one (11), a kind of medium without figures (3), "
        "no figures given (1) and too few viewers (1)"
    )
    assert read.counts[["rows_in", "refused"]].to_numpy().sum() == 8 + 72 + 2
    before = read.fetched["started"].max()
    api.clock.sleep(7 * 86_400)
    fetching.fetch(request_, api.clock)
    later = store.read(request_.store_folder).fetched
    assert data_quality.last_fetch(later).set_index("asked_for").loc["media", "unchanged"] == 72
    assert sorted({*later["started"]}) == [before, "2026-11-30 06:00:00 UTC"]


def test_ones_own_posts_and_stories_are_a_table_of_their_own_with_their_figures(api, request_, capsys):
    api.world.stories = 2
    fetching.fetch(request_, api.clock)
    path = journal.last(request_.folder).path
    own_file = journal.own_media_file(path)
    line = f"Of your own account, in no table and no figure: 5 posts, 2 stories, in {own_file}"
    assert line in capsys.readouterr().out
    stored.listed(request_.store_folder, RULE, "instagram", request_.folder)
    assert line in capsys.readouterr().out
    own = pd.read_csv(own_file, dtype="str")
    assert own["kind"].tolist() == ["account", *["post"] * 5, *["story"] * 2]
    assert {*own["account"]} == {OWN}
    assert own.loc[0, "followers"] == "48213"
    world = api.world
    for row in own[own["kind"] == "post"].itertuples():
        medium = world.medium(0, int(row.post[-5:]))
        assert int(row.comments) == medium["comments_count"]
        assert row.reach == str(world.value(medium["id"], "reach")) or pd.isna(row.reach)
    assert own["reach"].notna().sum() == 4 + 1  # a post is too new, a story had too few viewers
    assert own.iloc[-1][["reach", "views", "replies"]].notna().all()
    assert own_file.stat().st_mode & 0o077 == 0
    again = own_file.read_bytes()
    fetching.again(request_, api.clock)
    assert own_file.read_bytes() == again


def test_whatever_reasons_a_platform_writes_a_report_has_a_page_of_them():
    every = [Outcome("account", f"a{n}", f"refused by the platform (code {n})") for n in range(100_000)]
    every += [Outcome("account", f"b{n}", "no permission") for n in range(7)]
    told = outcomes.summary(every, datetime(2026, 11, 23, 6, tzinfo=UTC))
    assert (len(told), int(told["number"].sum())) == (21, 100_007)
    assert told.set_index("reason")["number"].nlargest(2).to_dict() == {
        "other reasons": 99_981,
        "no permission": 7,
    }
    (shown,) = data_quality.last_fetch(told).to_dict("records")
    assert shown["reasons"].startswith("other reasons (99,981), no permission (7)")
    assert len(shown["reasons"]) < 600
    assert data_quality.last_fetch(nothing_fetched()).empty


def test_a_terminal_shows_the_most_frequent_reasons_however_many_there_are(tmp_path, capsys):
    every = [Outcome("account", f"a{n}", f"refused by the platform (code {n})") for n in range(20_000)]
    every += [Outcome("account", f"b{n}", "no permission") for n in range(7)]
    fetched = run.FetchResult(
        datetime(2026, 11, 23, tzinfo=UTC), tmp_path / "x.jsonl", tuple(every), False, 3
    )
    fetching._show(fetched)
    said = capsys.readouterr().out
    assert "Dropped, and why; and 19,951 rarer reasons" in said
    assert "b0, b1, b2 and 4 more" in said
    assert said.count("\n") < 400


def test_twice_on_a_day_is_the_same_store_and_a_day_later_one_snapshot_more(api, request_, capsys):
    fetching.fetch(request_, api.clock)
    before = {path: path.read_bytes() for path in request_.store_folder.rglob("*") if path.is_file()}
    capsys.readouterr()
    api.clock.sleep(3600)
    fetching.fetch(request_, api.clock)
    assert {path: path.read_bytes() for path in request_.store_folder.rglob("*") if path.is_file()} == before
    said = capsys.readouterr().out
    assert "Nothing changed" in said
    assert re.search(r"media\D+77\D+0\D+77\D+0", said)  # asked, read, unchanged, dropped
    api.clock.sleep(86_400)
    fetching.fetch(request_, api.clock)
    assert snapshots(request_) == ["2026-11-23", "2026-11-24"]


def test_numbers_that_were_restated_count_as_read_last(api, request_):
    fetching.fetch(request_, api.clock)
    api.world.patched[api.world.medium(1, 0)["id"]] = {"like_count": 7_777}
    api.clock.sleep(7 * 86_400)
    fetching.fetch(request_, api.clock)
    posts = store.read(request_.store_folder).posts
    assert posts.loc[posts["likes"] == 7_777, "creator"].tolist() == ["creator_00001"]
    assert len(posts) == 6 * 12


def test_hidden_likes_are_unknown_and_not_zero(api, request_):
    for number in range(12):
        api.world.patched[api.world.medium(2, number)["id"]] = {"like_count": None}
    fetching.fetch(request_, api.clock)
    posts = store.read(request_.store_folder).posts
    assert posts.loc[posts["creator"] == "creator_00002", "likes"].isna().all()
    assert posts.loc[posts["creator"] != "creator_00002", "likes"].notna().all()


def test_at_a_limit_it_pauses_stores_nothing_and_goes_on_later(api, request_, capsys):
    api.plan(faults.error(4), "discovery", nth=4)
    api.limits.regain = 60
    assert fetching.fetch(request_, api.clock).paused
    assert not request_.store_folder.exists()
    assert "until 2026-11-23 07:00 UTC" in capsys.readouterr().out
    calls = len(api.calls)
    assert fetching.fetch(request_, api.clock).paused
    assert len(api.calls) == calls
    api.clock.sleep(3_600)
    assert not fetching.fetch(request_, api.clock).paused
    assert api.counted["discovery"] == 7 + 1  # one creator's was refused by the limit
    assert store.read(request_.store_folder).creators["creator"].nunique() == 6


def test_what_ended_and_was_not_stored_is_stored_by_the_next_run_without_a_call(
    api, request_, monkeypatch, capsys
):
    whole = fetching.exports.ingest

    def full(_):
        raise OSError("no space left on device")

    monkeypatch.setattr(fetching.exports, "ingest", full)
    with pytest.raises(OSError, match="no space"):
        fetching.fetch(request_, api.clock)
    calls = len(api.calls)
    monkeypatch.setattr(fetching.exports, "ingest", whole)
    fetching.fetch(request_, api.clock)
    assert (len(api.calls), snapshots(request_)) == (calls, ["2026-11-23"])
    assert "had ended and was not stored yet" in capsys.readouterr().out
    fetching.fetch(request_, api.clock)
    assert len(api.calls) > calls


def test_creators_who_come_or_go_while_it_is_paused_are_asked_for_or_not(api, request_):
    api.plan(faults.error(4), "discovery", nth=3)
    names = request_.file.parent / "names.txt"
    names.write_text("creator_00001\ncreator_00002\ncreator_00003\ncreator_00004\n")
    assert fetching.fetch(request_, api.clock).paused
    names.write_text("creator_00005\ncreator_00004\ncreator_00002\ncreator_00001\n")
    api.clock.sleep(3_600)
    calls = len(api.calls)
    assert not fetching.fetch(request_, api.clock).paused
    asked = [str(call.parameters) for call in api.calls[calls:] if call.endpoint == "discovery"]
    assert [name[-1] for name in (re.search(r"creator_0000\d", one)[0] for one in asked)] == ["4", "5"]
    assert len(store.read(request_.store_folder).creators) == 4


def test_finish_stores_what_is_there_and_those_left_out_come_first_the_next_time(api, request_, tmp_path):
    api.plan(faults.error(4), "discovery", nth=4)
    finishing = fetching.FetchRequest(request_.file, request_.store_folder, LIMITS, wait_limit=0, finish=True)
    assert not fetching.fetch(finishing, api.clock).failed
    assert store.read(request_.store_folder).creators["creator"].nunique() == 3
    api.clock.sleep(7 * 86_400)
    first = next(line for line in fetching.planned(request_) if line.startswith("First"))
    assert first.startswith("First: creator_00004, creator_00005, creator_00006, someone.private")


def test_a_plan_asks_nothing(api, request_):
    lines = list(fetching.planned(request_))
    assert lines[0].startswith("8 creators, 1 call each: 8 calls, and up to 23 calls for your own account")
    assert api.calls == []


def test_old_answers_are_read_again_without_a_call(api, request_, tmp_path):
    fetching.fetch(request_, api.clock)
    calls = len(api.calls)
    elsewhere = fetching.FetchRequest(request_.file, tmp_path / "other", LIMITS)
    assert [one.failed for one in fetching.again(elsewhere, api.clock)] == [False]
    assert len(api.calls) == calls
    assert snapshots(elsewhere) == snapshots(request_)


def test_the_roster_of_the_store_can_be_the_list(api, request_):
    fetching.fetch(request_, api.clock)
    file = request_.file
    file.write_text(file.read_text().replace("names.txt", "store"))
    said = fetching.settings.read(file)
    assert fetching.creators(said, request_) == tuple(api.world.names())


@pytest.mark.slow
def test_who_is_forgotten_is_not_asked_for_and_leaves_no_answer(api, request_, tmp_path, capsys):
    fetching.fetch(request_, api.clock)
    stored.forgotten(
        request_.store_folder, "creator_00003", tmp_path / "reports", request_.folder, reports=False
    )
    assert "Deleted of what was fetched: 1 answer" in capsys.readouterr().out
    assert not any(b"creator_00003" in path.read_bytes() for path in request_.folder.glob("*.*"))
    calls = len(api.calls)
    api.clock.sleep(86_400)
    fetching.fetch(request_, api.clock)
    assert not any("creator_00003" in str(call.parameters) for call in api.calls[calls:])
    assert "Forgotten on request, so not asked for: 1 creator." in capsys.readouterr().out
    fetching.again(request_, api.clock)
    assert "creator_00003" not in set(store.read(request_.store_folder).creators["creator"])


def test_who_is_in_answers_alone_is_forgotten_there(api, request_, tmp_path, capsys):
    api.plan(faults.error(4), "discovery", nth=4)
    assert fetching.fetch(request_, api.clock).paused  # nothing is stored yet
    folder, reports = request_.store_folder, tmp_path / "reports"
    stored.forgotten(folder, "creator_00002", reports, request_.folder, reports=False)
    assert "Deleted of what was fetched: 1 answer" in capsys.readouterr().out
    assert "creator_00002" not in journal.last(request_.folder).creators


def test_where_no_account_is_read_nothing_is_stored(api, request_):
    (request_.file.parent / "names.txt").write_text("someone.private\n")
    file = request_.file
    file.write_text(file.read_text() + "own: none\n")
    assert fetching.fetch(request_, api.clock).failed
    assert not request_.store_folder.exists()


def test_a_brand_alone_has_nothing_to_store(api, request_, capsys):
    file = request_.file
    file.write_text(file.read_text().replace("creators: names.txt\n", ""))
    found = fetching.fetch(request_, api.clock)
    assert not found.failed
    assert not request_.store_folder.exists()
    assert "in no table" in capsys.readouterr().out


def test_the_only_account_of_a_token_is_found_and_a_missing_scope_is_one_line(api, request_):
    file = request_.file
    file.write_text(file.read_text().replace(f"account: {OWN_ID}\n", ""))
    api.empty_pages = True
    with pytest.raises(InputError, match="pages_show_list, or business_management"):
        fetching.fetch(request_, api.clock)


def test_a_quota_bites_nowhere(api, request_):
    api.limits = Limits(calls=10)
    waiting = fetching.FetchRequest(request_.file, request_.store_folder, LIMITS)
    assert not fetching.fetch(waiting, api.clock).paused
    assert api.after_limit == 0
    assert api.limited_until is None
    assert api.clock.slept > 0


def test_an_own_pace_is_kept(api, request_):
    file = request_.file
    file.write_text(file.read_text() + "calls_per_hour: 5\n")
    fetching.fetch(fetching.FetchRequest(file, request_.store_folder, LIMITS), api.clock)
    fetching.fetch(fetching.FetchRequest(file, request_.store_folder, LIMITS), api.clock)
    at = [call.at for call in api.calls if call.endpoint != "debug_token"]
    assert len(at) == 2 * 16
    assert all(later - one >= timedelta(hours=1) for one, later in zip(at, at[5:], strict=False))


def test_a_clock_that_was_a_year_ahead_holds_up_no_fetch_and_no_resuming(api, tmp_path):
    site = Site(api, tmp_path, own="none", calls_per_hour=1_000)
    site.run()
    api.plan(faults.using(100, minutes=900))
    assert not site.run().done
    api.clock.sleep(-365 * 86_400)
    ahead = site.run()
    assert (ahead.done, ahead.start) == (True, api.clock.now())
    api.clock.sleep(7 * 86_400)
    api.plan(faults.using(100, minutes=100))
    paused = site.run()
    assert not paused.done
    api.clock.sleep(101 * 60)
    went_on = site.run()
    assert (went_on.done, went_on.path, went_on.start) == (True, paused.path, paused.start)


def test_a_pace_is_kept_whatever_a_clock_that_was_ahead_noted(api, tmp_path):
    site = Site(api, tmp_path, own="none", calls_per_hour=2)
    assert not site.run().done
    api.clock.sleep(-365 * 86_400)
    calls = len(api.calls)
    site.run()
    assert len(api.calls) == calls + 2


def test_the_next_fetch_waits_for_what_the_last_one_was_told(api, request_):
    api.plan(faults.using(95, 0), "discovery", nth=7)
    fetching.fetch(request_, api.clock)
    calls = len(api.calls)
    assert fetching.fetch(request_, api.clock).paused
    assert len(api.calls) == calls
    assert not journal.last(request_.folder).done


def test_many_accounts_are_several_files_whose_rows_are_the_same(api, request_, tmp_path, monkeypatch):
    fetching.fetch(request_, api.clock)
    monkeypatch.setattr(fetching.exported, "LARGEST", 1)
    other = fetching.FetchRequest(request_.file, tmp_path / "other", LIMITS)
    assert [one.failed for one in fetching.again(other, api.clock)] == [False]
    one, many = store.read(request_.store_folder), store.read(other.store_folder)
    assert many.counts["file"].nunique() == 8 + 6  # an account and its media, or a refusal, each
    assert many.creators.equals(one.creators)
    assert many.posts.equals(one.posts)
    assert many.ledger["reason"].tolist() == one.ledger["reason"].tolist()
