"""A draft of codes.csv guesses whose each code may be, says that it guesses, and can be read as it is."""

import csv
import io
from pathlib import Path

import pytest

from nanospread.ingest import sources, tables
from nanospread.ingest.codes import drafted

HEAD = "order,total,coupon,landing page\n"
POSTS = "post,creator,posted_at,likes,comments\n"
NAMES = ("maya.runs", "bo_bakes", "anna_k", "anna_l", "kim", "lena.fit")


def draft(tmp_path: Path, *orders: str, codes: str = "") -> dict[tuple[str, str], dict[str, str]]:
    rows = [f"{at},10,{order}" for at, order in enumerate(orders)]
    (tmp_path / "orders.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    posts = [f"p{at},{name},2026-01-01,1,1" for at, name in enumerate(NAMES)]
    (tmp_path / "posts.csv").write_text(POSTS + "\n".join(posts) + "\n", encoding="utf-8")
    if codes:
        (tmp_path / "codes.csv").write_text(codes, encoding="utf-8")
    text = drafted(tables.validated(sources.folder(tmp_path), whole=False))
    (tmp_path / "codes.csv").write_text(text, encoding="utf-8")
    read = tables.validated(sources.folder(tmp_path), whole=False).codes
    found = list(csv.DictReader(io.StringIO(text)))
    assert len(read) == len(found)
    return {(row["kind"], row["code"]): row for row in found}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "creator"),
    [
        ("MAYARUNS", "maya.runs"),
        ("MAYARUNS15", "maya.runs"),
        ("MAYA10", "maya.runs"),
        ("bobakes_off", "bo_bakes"),
        ("LENAFITT20", "lena.fit"),
        ("KIM", "kim"),
        ("ANNA10", ""),
        ("WELCOME10", ""),
        ("X7Q9", ""),
    ],
)
def test_a_code_that_is_a_name_or_nearly_one_is_guessed(tmp_path: Path, code: str, creator: str) -> None:
    others = [f"C{at}," for at in range(9)]
    row = draft(tmp_path, f"{code},", *others)["code", code]
    assert row["creator"] == creator
    assert not creator or row["guess"].startswith("guess:")


def test_two_creators_that_are_as_likely_are_both_named_and_neither_is_taken(tmp_path: Path) -> None:
    row = draft(tmp_path, "ANNA10,", *[f"C{at}," for at in range(9)])["code", "ANNA10"]
    assert (row["creator"], row["guess"]) == ("", "guess: anna_k or anna_l?")


def test_links_are_drafted_by_what_they_name_and_pages_are_not(tmp_path: Path) -> None:
    found = draft(
        tmp_path,
        ",https://x.example/p?ref=maya.runs&utm_source=ig",
        ",https://x.example/p?utm_content=bo_bakes_reel",
        *[",https://x.example/p"] * 8,
    )
    assert {key: row["creator"] for key, row in found.items()} == {
        ("link", "maya.runs"): "maya.runs",
        ("utm_content", "bo_bakes_reel"): "bo_bakes",
    }


def test_a_code_on_many_orders_is_taken_for_the_shop_s_and_spellings_are_one(tmp_path: Path) -> None:
    found = draft(tmp_path, "KIM,", "kim,", "Kim ,", "BO,", ",")
    row = found["code", "KIM"]
    assert (row["creator"], row["seen"]) == ("", "3")
    assert row["guess"] == "on 60% of all orders: the whole shop's?"


def test_codes_that_are_listed_are_not_drafted_again(tmp_path: Path) -> None:
    found = draft(tmp_path, "KIM,", "BO9,", codes="code,creator\nkim,kim\n")
    assert ("code", "KIM") not in found


def test_a_code_that_a_spreadsheet_would_run_is_text(tmp_path: Path) -> None:
    (key,) = [key for key in draft(tmp_path, "=1+2,", *[","] * 9) if key[0] == "code"]
    assert key[1] == "'=1+2"
