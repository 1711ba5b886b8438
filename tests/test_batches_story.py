"""The story of docs/how_to/batches.md: plan in batches, two weekly exports, and what each week says to do."""

import html
import math
import re
import shutil
import sys
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

import nanospread as ns
from kernel_free import InProcess
from nanospread import cli
from nanospread.campaign import brief as briefs
from nanospread.core import paths
from nanospread.pages import next_batch
from nanospread.report import weekly

pytestmark = pytest.mark.slow

PLANNED, WRITTEN, FIRST, SECOND = "2026-11-15", "2026-11-17", "2026-12-06", "2027-01-10"
CAMPAIGN = "winter"
FEW = 3  # of the sample's creators every third
ENDINGS = {"good": (1.5, "go on"), "failing": (0.1, "stop")}  # orders as a share of the threshold


class Clock(datetime):
    """A clock that stands still, a day after the story."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2027, 1, 11, 12, tzinfo=UTC)


def typed(*words):
    """Run a command as typed, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["nanospread", *map(str, words)])
        patch.setattr(cli, "datetime", Clock)
        with pytest.raises(SystemExit) as end:
            cli.main()
    assert end.value.code in (0, 5)


def ingested(exports, store, as_of):
    """Store a folder of exports as a snapshot."""
    typed("ingest", exports, "--as-of", as_of, "--store", store)


def counted_again(exports, as_of):
    """Date the newest follower counts to the day of this export."""
    creators = pd.read_csv(paths.SAMPLE / "creators.csv").drop_duplicates("creator", keep="last")
    creators[::FEW].assign(as_of=as_of).to_csv(exports / "creators.csv", index=False)


def log_of(names, live, as_of):
    """Return the batch in the outreach log: every third answers, the first of them are live on these days."""
    rows = pd.DataFrame({"creator": names, "campaign": CAMPAIGN, "contacted_at": WRITTEN, "offer": "gift"})
    place = np.arange(len(rows))
    day = pd.Series(live, dtype="str").reindex(place)
    posted = day.notna() & (day <= as_of)
    took = (place % 3 == 0) | (place < len(live))
    answered = {"replied": took, "replied_at": "2026-11-19", "accepted": took, "shipped_at": "2026-11-20"}
    rows = rows.assign(inbound=False, **answered, posted=posted, posted_at=day.where(posted))
    rows.loc[~took, ["replied_at", "shipped_at"]] = None
    return rows


def results_of(log, orders, as_of):
    """Return what a sheet says of the live posts: orders in all, spread over them."""
    live = log[log["posted"]]
    each = np.diff(np.round(np.linspace(0, orders, len(live) + 1)))
    known = {"campaign": CAMPAIGN, "creator": live["creator"], "offer": "gift", "cost": 28.0}
    brought = {"clicks": 12.0, "orders": each, "revenue": 45.0 * each}
    return pd.DataFrame({**known, **brought, "posted_at": live["posted_at"], "as_of": as_of})


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Return the folder of the story, whom plan.csv says to write to, and the brief with its rule."""
    folder = tmp_path_factory.mktemp("batches")
    exports = folder / "exports"
    exports.mkdir()
    counted_again(exports, PLANNED)
    posts, known = pd.read_csv(paths.SAMPLE / "posts.csv"), pd.read_csv(exports / "creators.csv")["creator"]
    posts[posts["creator"].isin(known)].to_csv(exports / "posts.csv", index=False)
    old = pd.read_csv(paths.SAMPLE / "outreach.csv")
    old[old["campaign"] != "2026-autumn"].to_csv(exports / "outreach.csv", index=False)
    ingested(exports, folder / "store", PLANNED)
    text = (paths.BRIEFS[-1] / "sample.yaml").read_text(encoding="utf-8")
    brief = folder / "winter.yaml"
    brief.write_text(text.replace("name: sample", f"name: {CAMPAIGN}"), encoding="utf-8")
    ruled = folder / "ruled.yaml"
    typed("plan", "--data", folder / "store", "--brief", brief, "--out", folder, "--write", ruled)
    return folder, pd.read_csv(folder / "plan.csv")["creator"].tolist(), ruled


def first_look(ruled):
    """Return the first look of the rule in a brief."""
    return briefs.read(ruled).batches.rule.looks[0]


@pytest.fixture(scope="module")
def first_week(planned):
    """Return the first export after the batch was written to: a few posts, hardly any orders."""
    folder, names, ruled = planned
    posts = first_look(ruled).posts
    live = [f"2026-{12 if at >= 3 else 11}-{9 + at % 10 if at >= 3 else 28:02}" for at in range(posts)]
    exports = folder / "exports"
    counted_again(exports, FIRST)
    log = log_of(names, live, FIRST)
    old = pd.read_csv(exports / "outreach.csv")
    pd.concat([old, log]).to_csv(exports / "outreach.csv", index=False)
    results_of(log, 2, FIRST).to_csv(exports / "results.csv", index=False)
    ingested(exports, folder / "store", FIRST)
    return folder, names, live, old


@pytest.fixture(scope="module", params=list(ENDINGS))
def second_week(request, first_week, planned):
    """Return the study of each ending, when the posts of the look are old enough, and its verdict."""
    folder, names, live, old = first_week
    look = first_look(planned[2])
    share, verdict = ENDINGS[request.param]
    orders = math.ceil(share * (look.go_on if share > 1 else look.stop))
    exports, store = folder / request.param, folder / f"store {request.param}"
    shutil.copytree(folder / "exports", exports)
    shutil.copytree(folder / "store", store)
    counted_again(exports, SECOND)
    log = log_of(names, live, SECOND)
    pd.concat([old, log]).to_csv(exports / "outreach.csv", index=False)
    results_of(log, orders, SECOND).to_csv(exports / "results.csv", index=False)
    ingested(exports, store, SECOND)
    return ns.open(store, brief=planned[2]), verdict, orders


def test_before_the_first_message_it_says_to_write_to_the_first_batch(planned):
    folder, names, brief = planned
    study = ns.open(folder / "store", brief=brief)
    state = study.running()
    assert study.brief.batches.rule.planned == PLANNED
    assert (state.campaign, state.started, state.look.verdict) == (CAMPAIGN, False, "next batch")
    assert state.look.write_to == pytest.approx(len(names), rel=0.2)
    assert state.notes == (f"Nobody has been written to for {CAMPAIGN} yet.",)


def test_in_the_first_week_it_says_to_wait_whatever_has_come(planned, first_week):
    folder, names, live, _ = first_week
    state = ns.open(folder / "store", brief=planned[2]).running()
    assert (state.look.number, state.look.verdict, state.look.write_to) == (1, "wait", 0)
    assert (state.look.live, state.look.brought) == (3, 2)
    first = state.batches.iloc[0]
    assert first[["contacted", "live", "orders"]].tolist() == [len(names), 3, 2]
    assert first["accepted"] == first["shipped"] >= len(live)
    assert first["orders_to_come"] > 0
    assert state.notes == ()


def test_once_the_orders_are_in_it_decides_by_the_rule(second_week, planned):
    study, verdict, orders = second_week
    state, look = study.running(), first_look(planned[2])
    assert state.look.verdict == verdict
    assert state.look.live == look.posts
    assert abs(state.look.brought - orders) <= 1 + 0.1 * orders  # totals of more than the rule's days
    assert state.look.due_on <= state.as_of == pd.Timestamp(SECOND, tz="UTC")
    assert not any("other parameters" in note for note in state.notes)


def test_what_came_is_learned(second_week, first_week, planned):
    study, verdict, _ = second_week
    before = ns.open(first_week[0] / "store", brief=planned[2], week="2026-W46")
    nano = [np.median(each.beliefs.orders_per_100_clicks("nano")) for each in (before, study)]
    assert study.beliefs.sales == "learned"
    assert (nano[1] > nano[0]) == (verdict == "go on")


def test_a_brief_that_changed_since_is_told(second_week):
    study = second_week[0].changed(budget=4_000)
    assert any("other parameters" in note for note in study.running().notes)


def test_the_front_page_of_each_week_says_what_to_do_first(planned, first_week, second_week):
    folder, _, brief = planned
    said = []
    for week in ("2026-W46", "2026-W49"):
        said.append(next_batch.running(ns.open(folder / "store", brief=brief, week=week).running()).title)
    assert re.fullmatch(rf"Write to the next \d+ creators for {CAMPAIGN}", said[0])
    assert said[1] == f"Write to nobody new for {CAMPAIGN} yet"
    last = next_batch.running(second_week[0].running()).text
    assert re.match({"go on": f"Go on with {CAMPAIGN}", "stop": f"Stop {CAMPAIGN}"}[second_week[1]], last)


@pytest.mark.parametrize("second_week", ["failing"], indirect=True)
def test_the_front_page_is_made_of_it(second_week, planned, tmp_path):
    study = second_week[0]
    books = tmp_path / "books"
    books.mkdir()
    shutil.copy(paths.NOTEBOOKS / "00_weekly_summary.ipynb", books)
    made = weekly.report(
        week="2027-W01", started=Clock.now(), data=str(study.data.folder), brief=str(planned[2]),
        values={"n_worlds": 512}, out=tmp_path / "out", notebooks=books, executor=InProcess(),
    )  # fmt: skip
    page = html.unescape(re.sub(r"<[^>]+>", "", (made.folder / "index.html").read_text(encoding="utf-8")))
    assert next_batch.running(study.running()).text in page
    assert f"{CAMPAIGN.capitalize()}, batch 1:" in page
