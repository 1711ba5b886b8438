"""Proves what `ingest`, `data` and `forget` say and do: counts, statuses, limits, snapshots and page."""

import csv
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import kernel_free
from nanospread import store
from nanospread.campaign import brief
from nanospread.cli import exports
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.ingest import files, mappings, sheets, sources, tables
from nanospread.report import execution
from nanospread.report.build import single_page
from report_runs import NOTEBOOKS, STARTED, contents, ran
from test_cli import called

CREATORS = "creator,followers,niche\nanna,5000,food\nben,800000,FOOD\n"
POSTS = "post,creator,posted_at,likes,comments\np1,anna,2026-10-01,90,4\np2,ben,2026-10-02,900,40\n"
CLEAN, UNUSABLE, OVER, REPAIRED = 0, 2, 1, 5


@pytest.fixture
def call(capsys, monkeypatch):
    return lambda *arguments: called(*map(str, arguments), capsys=capsys, monkeypatch=monkeypatch)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a small folder of exports: a niche to respell, a post of nobody known and one without a date."""
    place = tmp_path / "exports"
    place.mkdir()
    (place / "creators.csv").write_text(CREATORS)
    (place / "posts.csv").write_text(POSTS + "p3,=cmd(),,1,1\np4,zoe,2026-10-03,1,1\n")
    return place


@pytest.fixture
def without_kernel(monkeypatch):
    """Run the page's notebook in this process."""
    monkeypatch.setattr(execution, "executed", kernel_free.executed)


def test_ingest_shows_counts_and_reasons_and_writes_a_safe_ledger(call, folder, tmp_path):
    ledger = tmp_path / "out" / "ledger.csv"
    status, out, _ = call("ingest", folder, "--ledger", ledger, "--most-refused", "0.5")
    assert status == REPAIRED
    assert re.search(r"posts\.csv +│ +4 │ +3 │ +0 │ +1 ", out)
    assert re.search(r"refused +│ posted at +│ empty", out.replace("_", " "))
    assert re.search(r"posts without a follower count +│ +1 │ +1 │ zoe", out)
    assert "Nothing was stored: with --as-of" in out
    assert not re.search(r"(^|,)\"?[=+@]", ledger.read_text(), flags=re.MULTILINE)


def test_ingest_is_clean_with_status_0_and_fails_with_1_above_the_limit(call, folder, tmp_path):
    place = tmp_path / "store"
    status, out, _ = call(
        "ingest", folder, "--as-of", "2026-10-10", "--store", place, "--most-refused", "0.2"
    )
    assert status == OVER
    assert "posts: 25.0% of the rows were refused; the limit is 20.0%." in out
    assert "Nothing was stored: a limit of the brief is broken." in out
    assert not place.exists()
    (folder / "creators.csv").write_text(CREATORS.replace("FOOD", "food"))
    (folder / "posts.csv").write_text(POSTS)
    assert call("ingest", folder)[0] == CLEAN


def test_a_terminal_shows_the_most_frequent_reasons_however_many_there_are(call, folder):
    lines = [f'{{"error": {{"message": "code {number}"}}, "table": "creators"}}' for number in range(1_000)]
    (folder / "answers.jsonl").write_text("\n".join(lines))
    out = call("ingest", folder, "--most-refused", "1")[1]
    assert "Repairs and refusals by reason, the 200 most frequent of 1,0" in out
    assert 200 <= out.count("answers.jsonl") < 210


def test_the_limits_are_those_of_the_brief(call, folder, tmp_path):
    plan = tmp_path / "strict.yaml"
    text = brief.path("sample").read_text(encoding="utf-8")
    plan.write_text(text + "data_limits: {most_refused: 0.01}\n", encoding="utf-8")
    status, out, _ = call("ingest", folder, "--brief", plan)
    assert (status, "the limit is 1.0%" in out) == (OVER, True)
    plan.write_text(text + "data_limits: {most_refused: 2}\n", encoding="utf-8")
    status, _, err = call("ingest", folder, "--brief", plan)
    assert status == UNUSABLE
    assert "data_limits.most_refused must be from 0 to 1; got 2" in err


def test_ingest_fails_in_one_line_where_nothing_is_usable(call, folder):
    (folder / "posts.csv").write_text("")
    status, _, err = call("ingest", folder)
    assert status == UNUSABLE
    assert "posts.csv" in err
    assert err.count("\n") == 1


def test_ingest_takes_a_mapping_for_other_names_and_drafts_one(call, folder, tmp_path):
    renamed = (folder / "posts.csv").read_text().replace("posted_at", "when was it")
    (folder / "posts.csv").write_text(renamed)
    mapping = tmp_path / "other.yaml"
    mapping.write_text("posts.csv:\n  table: posts\n  columns:\n    posted_at: when was it\n")
    assert call("ingest", folder, "--mapping", mapping, "--most-refused", "1")[0] == REPAIRED
    assert call("ingest", folder, "--mapping", tmp_path / "none.yaml")[0] == UNUSABLE
    status, out, _ = call("ingest", folder, "--suggest-mapping")
    assert status == 0
    mapping.write_text(out)
    assert mappings.read(mapping)["posts.csv"]["columns"]["posted_at"] == "when was it"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--as-of", "soon"], "--as-of is 'soon': it must be a date such as 2026-11-22"),
        (["--as-of", "2026"], "--as-of is '2026': it must be a date such as 2026-11-22"),
        (["--as-of", "now"], "--as-of is 'now': it must be a date"),
        (["--as-of", "2026-02-30"], "--as-of is '2026-02-30': it must be a date"),
        (["--as-of", "2099-01-01"], "--as-of is 2099-01-01, which is still to come; today is 20"),
        (
            ["--as-of", "2026-09-01"],
            "3 of 3 posts are dated later, up to 2026-10-03: it must be the day of the",
        ),
        (["--format", "apfy"], "unknown format 'apfy'; did you mean 'apify'?"),
        (["--contact", "emial"], "did you mean 'email'?"),
        (["--brief", "sampel"], "did you mean 'sample'?"),
    ],
)
def test_a_mistake_in_an_option_is_one_line_and_status_2(call, folder, options, said):
    status, out, err = call("ingest", folder, *options)
    assert (status, out) == (UNUSABLE, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_mistyped_path_names_the_nearest_one(call, folder):
    for wrong, right in ((folder / "post.csv", folder / "posts.csv"), (folder.with_name("exprts"), folder)):
        status, _, err = call("ingest", wrong)
        assert status == UNUSABLE
        assert err == f"nanospread: '{wrong}' does not exist; did you mean '{right}'?\n"


def test_what_is_written_is_never_one_of_the_exports(call, folder, tmp_path):
    before = contents(folder)
    for options in (["--ledger", folder / "posts.csv"], ["--html", folder / "sub" / "x.html"]):
        status, _, err = call("ingest", folder, *options)
        assert (status, "is among the exports" in err) == (UNUSABLE, True)
    assert contents(folder) == before


def test_a_file_that_grows_while_it_is_read_is_not_stored(call, folder, tmp_path, monkeypatch):
    read = sources.raws

    def growing(*given, **how):
        with (folder / "posts.csv").open("a") as file:
            file.write("late,anna,2026-10-04,1,1\n")
        return read(*given, **how)

    monkeypatch.setattr(sources, "raws", growing)
    status, _, err = call("ingest", folder, "--as-of", "2026-10-10", "--store", tmp_path / "store")
    assert (status, "was written to while it was read" in err) == (UNUSABLE, True)
    assert not (tmp_path / "store").exists()


def test_how_a_file_was_read_is_part_of_what_a_snapshot_is(call, folder, tmp_path):
    options = ["--as-of", "2026-10-10", "--store", tmp_path / "store", "--most-refused", "1"]
    (folder / "creators.csv").write_text("creator,followers,email\nanna,5000,a@example.org\nben,80,\n")
    assert "Stored as" in call("ingest", folder, *options)[1]
    out = call("ingest", folder, *options, "--contact", "email", "--contact", "phone")[1]
    assert "Stored as" in out
    assert "No file has the contact data asked for: phone" in out
    assert store.contacts(tmp_path / "store").to_dict("list") == {
        "creator": ["anna"],
        "email": ["a@example.org"],
    }


@pytest.mark.slow
def test_an_export_becomes_a_snapshot_once_and_the_next_week_adds_to_it(call, folder, tmp_path):
    place = tmp_path / "store"
    options = ["--store", place, "--most-refused", "1"]
    assert "without --dry-run" in call("ingest", folder, "--as-of", "2026-10-10", "--dry-run", *options)[1]
    assert not place.exists()
    assert "Stored as snapshot 2026-10-10" in call("ingest", folder, "--as-of", "2026-10-10", *options)[1]
    before = contents(place)
    assert "Nothing changed" in call("ingest", folder, "--as-of", "2026-10-10", *options)[1]
    assert contents(place) == before
    (folder / "posts.csv").write_text(POSTS.replace(",90,", ",95,") + "p9,anna,2026-10-11,80,4\n")
    (folder / "creators.csv").unlink()  # posts alone: followers are known from the week before
    assert "Stored as" in call("ingest", folder, "--as-of", "2026-10-24", *options)[1]
    posts = store.opened(place).posts.set_index("post")
    assert dict(posts["likes"]) == {"p1": 95, "p2": 900, "p9": 80}
    out = call("data", place)[1]
    assert re.search(
        r"2026-10-10\.\w+  2026-W41  2 creators, 3 posts, posts of 2026-10-01 to 2026-10-03, ", out
    )
    assert "Weeks without a snapshot: 2026-W42" in out
    out = call("data", place, "--since", "2026-10-10")[1]
    assert re.search(r"p1 +│ anna +│ changed +│ +90 │ +95", out)
    assert call("data", place, "--check")[1] == "every byte is as it was written\n"


def test_the_engagement_of_a_store_is_shown_without_holding_its_posts(call, folder, tmp_path):
    place = tmp_path / "store"
    call("ingest", folder, "--as-of", "2026-10-10", "--store", place, "--most-refused", "1")
    posts, out = store.opened(place).posts, call("data", place, "--rates", "tier")[1]
    nano = posts[posts["creator"] == "anna"]
    pooled = (nano["likes"] + nano["comments"].fillna(0)).sum() / (5_000 * len(nano))
    assert re.search(rf"nano +│ +{len(nano)} │ +1 │.*│ {pooled:.2%} │", out)
    status, _, error = call("data", place, "--rates", "teir")
    assert (status, "did you mean 'tier'?" in error) == (2, True)


@pytest.mark.slow
def test_the_engagement_of_parquet_files_is_counted_by_workers_and_written(call, tmp_path):
    place, out = tmp_path / "posts", tmp_path / "rates.csv"
    place.mkdir()
    for at in range(2):
        post = "'p' || i AS post, 'anna' AS creator, 90 + i AS likes, 5 AS comments, 5000 AS followers"
        rows = f"SELECT {post} FROM range({at}, {at} + 2) t(i)"  # p1 is in both
        duckdb.sql(rows).write_parquet(str(place / f"{at}.parquet"))
    asked = ["data", place, "--rates", "tier,niche", "--out", out]
    status, shown, error = call(*asked, "--cluster", "local:1")
    assert (status, error) == (0, "")
    assert "4 rows of posts = 3 used + 1 repeated post: of one moment, the one with most likes" in shown
    assert re.search(r"nano +│ unknown +│ +3 │ +1 │.*│ 1.92% +│ 1.92%", shown)
    [row] = csv.DictReader(out.read_text().splitlines())
    assert (row["tier"], row["posts"], row["pooled"]) == ("nano", "3", str(288 / 15_000))
    written = out.read_text()
    assert call(*asked)[0] == 0
    assert out.read_text() == written
    out.write_text("mine")
    status, _, error = call(*asked)
    assert (status, "add --force" in error, out.read_text()) == (2, True, "mine")


def test_a_damaged_store_is_told_with_status_1(call, folder, tmp_path):
    place = tmp_path / "store"
    call("ingest", folder, "--as-of", "2026-10-10", "--store", place, "--most-refused", "1")
    [file] = place.glob("snapshots/*/posts-*.parquet")
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(bytes(content))
    status, out, _ = call("data", place, "--check")
    assert status == 1
    assert "its bytes were altered" in out


def test_retention_says_first_and_deletes_when_told(call, folder, tmp_path):
    place = tmp_path / "store"
    for day in ("2024-10-10", "2026-10-10"):
        (folder / "posts.csv").write_text(POSTS.replace("2026", day[:4]))
        call("ingest", folder, "--as-of", day, "--store", place, "--most-refused", "1")
    assert "would delete 1 of 2 snapshots; --yes does it" in call("data", place, "--keep-weeks", "52")[1]
    assert len(store.snapshots(place)) == 2
    assert "deleted 1 of 2 snapshots" in call("data", place, "--keep-weeks", "52", "--yes")[1]
    assert list(store.snapshots(place)["week"]) == ["2026-W41"]


@pytest.mark.slow
def test_forget_removes_an_account_proves_it_and_does_not_take_it_again(call, folder, tmp_path):
    place = tmp_path / "store"
    options = ["--store", place, "--most-refused", "1"]
    call("ingest", folder, "--as-of", "2026-10-10", *options)
    status, out, _ = call("forget", "@Anna", "--store", place)
    assert status == 0
    assert re.search(r"Searched afterwards: \d+ files, [1-9]\d* rows; found 0 times\.", out)
    assert "anna" not in store.opened(place).creators["creator"].tolist()
    (folder / "more.csv").write_text(POSTS.replace("p1", "p5"))
    out = call("ingest", folder, "--as-of", "2026-10-17", *options)[1]
    assert len(re.findall(r"refused .*forgotten on request", out)) == 3  # in each file that names it
    assert "anna" not in store.opened(place).creators["creator"].tolist()
    status, _, err = call("forget", "bern", "--store", place)
    assert status == UNUSABLE
    assert "did you mean 'ben'?" in err
    assert err.count("\n") == 1


def test_forget_lists_the_reports_that_hold_the_name_and_masks_them_when_told(call, folder, tmp_path):
    place, out = tmp_path / "store", tmp_path / "reports"
    call("ingest", folder, "--as-of", "2026-10-10", "--store", place, "--most-refused", "1")
    page = '<meta name="generator" content="nanospread"><td>@Anna</td><td>joanna</td>'
    for week in ("2026-W40", "2026-W41"):
        (out / week / "ours").mkdir(parents=True)
        (out / week / "ours" / "index.html").write_text(page)
    said = call("forget", "anna", "--store", place, "--out", out)[1]
    assert "still hold the name; --reports masks it there:" in said
    assert said.count("/ours: index.html (1 time)") == 2
    assert "@Anna" in (out / "2026-W40" / "ours" / "index.html").read_text()
    status, said, _ = call("forget", "anna", "--store", place, "--out", out, "--reports")
    assert status == 0
    assert "Masked in 2 reports" in said
    assert re.search(r"Searched afterwards: [1-9]\d* files; found 0 times\.", said)
    assert (out / "2026-W40" / "ours" / "index.html").read_text() == page.replace("Anna", "[***]")
    (out / "2026-W41" / "ours" / "index.html").write_text(page.replace("Anna", "nobody.here"))
    assert call("forget", "nobody.here", "--store", place, "--out", out)[0] == UNUSABLE
    status, said, _ = call("forget", "nobody.here", "--store", place, "--out", out, "--reports")
    assert status == 0
    assert "Nothing to remove from the store" in said
    assert "Masked in 1 report of" in said


@pytest.mark.slow
def test_the_same_files_under_a_second_date_are_asked_about_before_they_are_stored(
    call, folder, tmp_path, monkeypatch
):
    place = tmp_path / "store"
    options = ["--store", place, "--most-refused", "1"]
    call("ingest", folder, "--as-of", "2026-10-10", *options)
    first = store.snapshots(place)["snapshot"].tolist()
    status, _, err = call("ingest", folder, "--as-of", "2026-10-17", *options)
    assert status == UNUSABLE
    assert err.count("\n") == 1
    assert f"the same files are snapshot {first[0]} already: is the date right? --again stores" in err
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(exports.typer, "confirm", lambda text: asked.append(text))
    assert (
        "Nothing was stored: the same files are"
        in call("ingest", folder, "--as-of", "2026-10-17", *options)[1]
    )
    assert asked == [f"The same files are snapshot {first[0]} already. Store them for 2026-10-17 too?"]
    assert store.snapshots(place)["snapshot"].tolist() == first
    monkeypatch.setattr(exports.typer, "confirm", lambda text: True)
    assert "Stored as" in call("ingest", folder, "--as-of", "2026-10-17", *options)[1]
    assert "Stored as" in call("ingest", folder, "--as-of", "2026-10-24", *options, "--again")[1]
    assert "Nothing changed" in call("ingest", folder, "--as-of", "2026-10-10", *options)[1]


@pytest.mark.slow
def test_the_list_and_what_changed_say_the_same_number_of_rows(call, folder, tmp_path):
    place = tmp_path / "store"
    options = ["--store", place, "--most-refused", "1"]
    call("ingest", folder, "--as-of", "2026-10-10", *options)
    assert "Together" not in call("data", place)[1]
    (folder / "posts.csv").write_text(POSTS.replace(",90,", ",95,") + "p9,anna,2026-10-11,80,4\n")
    call("ingest", folder, "--as-of", "2026-10-17", *options)
    changed, held = store.changes(place, "2026-10-10"), store.together(place)
    assert dict(zip(changed.rows["table"], changed.rows["after"], strict=True)) == held
    assert held["posts"] == 4
    listed, since = call("data", place)[1], call("data", place, "--since", "2026-10-10")[1]
    assert f"Together: {held['creators']} creators, {held['posts']} posts" in listed
    assert "Rows of all snapshots up to then together, each once" in since


@pytest.mark.slow
def test_the_validation_report_is_one_page_with_what_is_wrong_on_top(call, folder, tmp_path):
    page = tmp_path / "check.html"
    options = ["--as-of", "2026-10-10", "--dry-run", "--html", page, "--store", tmp_path / "store"]
    assert call("ingest", folder, *options)[0] == OVER
    text = page.read_text(encoding="utf-8")
    assert "posts: 25.0% of the rows were refused; the limit is 10.0%." in text
    assert text.index("25.0% of the rows") < text.index('<main id="main">')
    assert "posts without a follower count" in text
    assert "glossary.html" not in text
    assert "index.html" not in text
    assert str(tmp_path) not in text


@pytest.mark.slow
def test_a_page_needs_creators_and_posts_and_shows_no_forgotten_account(
    call, folder, tmp_path, without_kernel
):
    place, page = tmp_path / "store", tmp_path / "check.html"
    options = ["--store", place, "--most-refused", "1", "--html", page]
    assert call("ingest", folder, *options, "--as-of", "2026-10-10")[0] == REPAIRED
    assert "anna" in page.read_text(encoding="utf-8")
    call("forget", "anna", "--store", place)
    (folder / "posts.csv").write_text(POSTS)
    assert call("ingest", folder, *options, "--as-of", "2026-10-17")[0] == REPAIRED
    assert "anna" not in page.read_text(encoding="utf-8")
    (folder / "creators.csv").unlink()
    status, _, err = call("ingest", folder, *options)
    assert (status, "these files hold no usable creators" in err) == (UNUSABLE, True)


def test_a_page_of_its_own_has_no_way_to_pages_that_are_not_there(without_kernel):
    text = single_page("01_creators", {}, STARTED, ["Mind the gap."], NOTEBOOKS)
    assert text.count("Mind the gap.") == 1
    assert not re.search(r'href="[^#h]', text)


@pytest.mark.slow
@pytest.mark.parametrize("sidecar", [False, True])
def test_a_large_csv_of_posts_is_streamed_and_stored_as_a_small_one_would_be(
    call, folder, tmp_path, monkeypatch, sidecar
):
    rows = [f"q{i},anna,2026-10-0{i % 9 + 1},{i},{i % 7}" for i in range(300)]
    (folder / "posts.csv").write_text(
        POSTS + "\n".join([*rows, "q7,anna,2026-10-08,7,0", "bad,anna,,1,1"]) + "\n"
    )
    if sidecar:
        (folder / "mapping.yaml").write_text("posts.csv: {dates: day first}\n")
    as_of = ["--as-of", "2026-10-10"]
    small = call("ingest", folder, *as_of, "--store", tmp_path / "small")
    monkeypatch.setattr(exports, "STREAMED", 1000)
    large = call("ingest", folder, *as_of, "--store", tmp_path / "large")
    assert small[0] == large[0] == REPAIRED
    count = r"posts\.csv +│ +304 │ +302 │ +0 │ +2 "
    assert re.search(count, small[1])
    assert re.search(count, large[1])
    one, other = (store.opened(tmp_path / name) for name in ("small", "large"))
    for name in ("posts", "creators", "unmatched"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert tables.as_of(one) == tables.as_of(other)


GENERAL_ORDERS = "order,ordered_at,value,currency,code\n" + "".join(
    f"{1000 + at},2026-10-{at % 9 + 1:02},{at}.50,EUR,ANNA{at % 3}\n" for at in range(90)
)


TOO_MANY = "over 0 rows of orders; export it in parts, by date\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shopify_orders.csv", "awin.csv", "sheet.csv"])
def test_a_large_csv_of_orders_is_read_as_a_small_one_would_be(call, tmp_path, monkeypatch, name):
    file = tmp_path / name
    known = paths.ROOT / "tests" / "fixtures" / "exports" / "orders" / name
    file.write_bytes(known.read_bytes() if known.exists() else GENERAL_ORDERS.encode())
    said = {}
    for size in ("small", "large"):
        place, ledger = tmp_path / size, tmp_path / f"{size}.csv"
        options = ("--as-of", "2026-11-10", "--store", place, "--ledger", ledger, "--most-refused", "1")
        status, out, _ = call("ingest", file, *options)
        said[size] = status, out.replace(size, "").partition("Stored")[0], ledger.read_bytes()
        monkeypatch.setattr(exports, "STREAMED", 100)
        monkeypatch.setitem(files.LARGEST, "text", 100)
    assert said["small"] == said["large"]
    small, large = (store.orders(tmp_path / size)[0] for size in ("small", "large"))
    pd.testing.assert_frame_equal(small, large)
    assert len(large)
    monkeypatch.setattr(sheets, "MOST_ORDERS", 0)
    status, _, told = call("ingest", file)
    assert (status, told.partition(": ")[2]) == (UNUSABLE, f"{name}: {TOO_MANY}")


def test_orders_alone_are_told_without_posts_and_credited_by_the_brief_that_is_named(call, tmp_path):
    folder, place, plan = tmp_path / "exports", tmp_path / "store", tmp_path / "link.yaml"
    folder.mkdir()
    (folder / "orders.csv").write_text(
        "order,ordered_at,value,currency,code,link\n1001,2026-10-02,50.00,EUR,ANNA,ben\n"
    )
    (folder / "codes.csv").write_text(
        "kind,code,creator,campaign\ncode,ANNA,anna,autumn\nlink,ben,ben,autumn\n"
    )
    text = brief.path("sample").read_text(encoding="utf-8")
    plan.write_text(text + "credit: {first: link, sitewide_share: 0.4}\n", encoding="utf-8")
    _, out, _ = call("ingest", folder, "--as-of", "2026-10-10", "--store", place)
    assert "Posts and follower counts" not in out
    rule = "A code goes before a link; a code on over 50% of orders is the shop's own"
    assert rule in out
    assert rule in call("data", place)[1]
    _, out, _ = call("data", place, "--brief", plan)
    assert "A link goes before a code; a code on over 40% of orders is the shop's own" in out


@pytest.mark.slow
def test_a_report_of_a_store_takes_what_was_known_at_the_end_of_its_week(call, folder, tmp_path):
    place, out = tmp_path / "store", tmp_path / "out"
    options = ["--store", place, "--most-refused", "1"]
    call("ingest", folder, "--as-of", "2026-10-10", *options)
    first = without_run(ran(out, place, "2026-W41").folder)
    (folder / "posts.csv").write_text(POSTS.replace(",90,", ",95,") + "p9,anna,2026-10-11,80,4\n")
    call("ingest", folder, "--as-of", "2026-10-17", *options)
    assert without_run(ran(out, place, "2026-W41").folder) == first
    front = (ran(out, place, "2026-W42").folder / "index.html").read_text(encoding="utf-8")
    assert "Posts dated</dt><dd>2026-10-01 to 2026-10-11" in front
    with pytest.raises(InputError, match="has no snapshot up to 2026-W40; its first is 2026-10-10"):
        ran(out, place, "2026-W40")


def without_run(folder: Path) -> str:
    """Return what a page says of its data."""
    return page(folder).partition('<section id="provenance"')[0]


def page(folder: Path) -> str:
    """Return the page of creators."""
    return (folder / "01_creators.html").read_text(encoding="utf-8")


def test_a_report_on_data_that_break_a_limit_says_so_on_every_page(folder, tmp_path):
    report = contents(ran(tmp_path / "out", folder, "2026-W41").folder)
    for name in ("index.html", "01_creators.html"):
        assert b"Data are missing. Posts: 25.0% of the rows were refused; the limit is 10.0%." in report[name]


def test_ledger_and_page_replace_what_ingest_wrote_and_nothing_else_unless_forced(call, folder, tmp_path):
    ledger = tmp_path / "ledger.csv"
    options = ("ingest", folder, "--most-refused", "1", "--ledger", ledger)
    for _ in range(2):  # the second replaces the first
        assert call(*options)[0] == REPAIRED
    for option, name in (("--ledger", "accounts.csv"), ("--html", "site.html")):
        mine = tmp_path / name
        mine.write_text("name,sum\n")
        status, out, told = call("ingest", folder, option, mine)
        assert (status, out, told.count("\n")) == (UNUSABLE, "", 1)
        assert f"{option} {mine} is there, and nanospread did not write it" in told
        assert mine.read_text() == "name,sum\n"
    ledger.write_text("name,sum\n")
    assert call(*options, "--force")[0] == REPAIRED
    assert ledger.read_text().startswith("table,file,line,status")
    assert call("ingest", folder, "--most-refused", "1", "--ledger", "/dev/null")[0] == REPAIRED


@pytest.mark.slow
def test_reports_go_into_a_folder_and_never_over_a_site(call, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<h1>Our shop</h1>")
    status, _, told = call("report", "--out", site, "--week", "2026-W47")
    assert (status, told.count("\n")) == (UNUSABLE, 1)
    assert "index.html' is not of nanospread" in told
    assert call("history", "--out", site)[0] == UNUSABLE
    assert (site / "index.html").read_text() == "<h1>Our shop</h1>"
    for place in ("/dev/null", site / "index.html"):
        status, _, told = call("report", "--out", place, "--week", "2026-W47")
        assert (status, told.count("\n")) == (UNUSABLE, 1)
        assert "is no folder" in told


def test_ingest_says_whose_posts_they_are_and_goes_on_without_unknown_files(call, tmp_path):
    (tmp_path / "media.csv").write_text("post,date,likes,comments\np1,2026-10-01,90,4\n")
    (tmp_path / "notes.csv").write_text("todo,who\nship,me\n")
    status, _, err = call("ingest", tmp_path)
    assert (status, "2 files fit no table: media.csv: nearest is posts, which lacks creator" in err) == (
        2,
        True,
    )
    status, out, _ = call("ingest", tmp_path, "--creator", "our.brand", "--skip-unknown")
    assert status == CLEAN
    assert "our.brand" in out
    assert "Left aside of notes.csv: its headers (todo, who) fit no table" in out
