"""Proves that a drafted mapping is right or says what it does not know, over hundreds of odd exports.

`make drafts` takes 600 from numbers that nothing was tuned on; the normal run fewer.
"""

import os
import re
from collections import Counter

import pytest

from nanospread.core.errors import InputError
from nanospread.ingest import files, headers, mappings, sources, suggestions
from odd_exports import bases, odd

DRAFTS, SET = int(os.environ.get("DRAFTS", "60")), os.environ.get("DRAFT_SET", "held")
ALSO = {"post": "permalink"}  # an address tells its post as well
RIGHT, ASKS, WRONG = "right", "asks", "wrong without asking"


def verdict(export, place):
    """Return what the draft of an export is, None where it is read without one, and the reason."""
    path = place / "export.csv"
    path.write_text(export.text, encoding="utf-8")
    try:
        drafts = suggestions.drafts(files.files_of([path], {}))
    except InputError:
        return None, ""
    if not drafts:
        return None, ""
    (draft,) = drafts
    return judged(draft, export)


def judged(draft, export):
    places = {column: _place(choice.text, draft.header) for column, choice in draft.columns.items()}
    for column, at in places.items():
        true = {export.truth[one] for one in (column, ALSO.get(column)) if one in export.truth}
        if draft.table == export.table and (at not in true if at is not None else true):
            return WRONG, f"{column}: {draft.columns[column]}"
    if draft.questions:
        return ASKS, ", ".join(question.column for question in draft.questions)
    if draft.table != export.table or headers.lacking(export.table, draft.columns):
        return WRONG, f"table {draft.table} for {export.table}"
    return RIGHT, ""


def _place(text, header):
    if text.startswith("{position: "):
        return int(text[11:-1]) - 1
    return next((at for at, name in enumerate(header) if mappings.quoted(name) == text), None)


@pytest.mark.slow
def test_a_draft_is_right_or_asks(tmp_path):
    every, found, wrong, number = bases(), Counter(), [], 0
    while sum(found.values()) < DRAFTS:
        export = odd(f"{SET} {number}", every)
        kind, why = verdict(export, tmp_path)
        number += 1
        if kind:
            found[kind] += 1
            wrong += [f"{export.name}: {why}"] * (kind == WRONG)
    shares = {kind: found[kind] / DRAFTS for kind in (RIGHT, ASKS, WRONG)}
    shown = "; ".join(f"{share:.1%} {kind}" for kind, share in shares.items())
    print(f"{shown} of {DRAFTS} drafts", *wrong, sep="\n")
    assert shares[WRONG] <= 0.01 or len(wrong) <= 1, wrong
    assert shares[RIGHT] >= 0.2


def drafted(place, **texts):
    """Return the draft of some files, by their names without ending."""
    for name, text in texts.items():
        path = place / f"{name.replace('__', '/')}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return suggestions.suggested_mapping([place])


def read(place, draft):
    """Return the raw files that are read with a draft, by their names."""
    (place / "mapping.yaml").write_text(draft, encoding="utf-8")
    return {raw.file: raw.rows for raw in sources.folder(place)}


def answered(draft, *lines):
    """Return a draft in which the choices that start so are taken."""
    return re.sub(rf"# (?={'|'.join(map(re.escape, lines))})", "", draft)


def test_a_draft_of_what_is_sure_makes_odd_files_readable(tmp_path):
    draft = drafted(
        tmp_path,
        odd="Export vom Montag\nNr;Wer;Wann;Herzen;Worte;E-Mail\nC9fix01;anna;01.03.2026;412;15;a@b.de\n"
        "C9fix02;ben;15.03.2026;1.412;5;c@d.de\n",
        accounts="Kanal,Fans gesamt,Thema\nanna,4300,food\nben,9100,sport\n",
        dated="post,creator,when was it,likes,comments\np1,a,2026-10-01,5,1\np2,a,2026-10-02,5,1\n",
        fine="post,creator,posted_at,likes,comments\np9,anna,2026-03-01,412,15\n",
    )
    assert "followers: \"Fans gesamt\"  # its word 'fans' says so; 100% of 2 cells are whole numbers" in draft
    assert "fine.csv" not in draft
    assert "E-Mail" not in draft
    raws = read(tmp_path, answered(draft, 'post: "Nr"'))
    assert raws["odd.csv"].loc[3].to_dict() == {
        "creator": "anna",
        "posted_at": "01.03.2026",
        "likes": "412",
        "comments": "15",
        "post": "C9fix01",
    }
    assert raws["accounts.csv"].loc[2].tolist() == ["anna", "4300", "food"]
    assert raws["dated.csv"].loc[2, "posted_at"] == "2026-10-01"
    (tmp_path / "mapping.yaml").unlink()
    assert suggestions.suggested_mapping([tmp_path / "fine.csv"]).startswith("# Every file fits")


def test_headers_that_say_nothing_are_asked_about_and_each_answer_is_one_line(tmp_path):
    blind = "x1,x2,x3,x4,x5\nabcde1,anna,2026-01-01,2,50\nabcde2,ben,2026-01-02,3,60\n"
    draft = drafted(tmp_path, blind=blind)
    with pytest.raises(InputError, match="fit no table"):
        read(tmp_path, draft)
    choices = ('post: "x1"', 'creator: "x2"', 'posted_at: "x3"', 'likes: "x5"', 'comments: "x4"')
    raws = read(tmp_path, answered(draft, *choices))
    assert raws["blind.csv"].loc[2, ["post", "likes", "comments"]].tolist() == ["abcde1", "50", "2"]


def test_a_draft_says_what_it_does_not_find_and_stays_yaml_whatever_a_header_holds(tmp_path):
    (tmp_path / "x: [1].csv").write_text('"who: #\n{x}\u2028\x85",fans\nanna,5\nben,6\n', encoding="utf-8")
    (tmp_path / "n.json").write_text(
        '[{"kto": "anna", "many": 3}, {"kto": "ben", "many": 4}]', encoding="utf-8"
    )
    draft = suggestions.suggested_mapping([tmp_path])
    assert '"x: [1].csv":' in draft
    assert '    # creator: "kto"  # by its cells alone' in draft
    (tmp_path / "mapping.yaml").write_text(answered(draft, 'creator: "'), encoding="utf-8")
    said = mappings.read(tmp_path / "mapping.yaml")
    assert said["x: [1].csv"]["columns"]["creator"] == "who: #\n{x}\u2028\x85"
    assert set(said) == {"x: [1].csv", "n.json"}


def test_dates_are_never_drafted_as_ids(tmp_path):
    text = "when,creator,likes,comments\n2026-10-01,a,5,1\n2026-10-02,b,5,1\n"
    draft = drafted(tmp_path, x=text)
    assert "    post: {from: creator and date}  # no column has ids" in draft
    raws = read(tmp_path, answered(draft, 'posted_at: "when"'))
    assert raws["x.csv"]["post"].tolist() == ["a 2026-10-01", "b 2026-10-02"]


def test_without_an_account_column_the_draft_asks_whose_posts_they_are_and_invents_nobody(tmp_path):
    rows = "".join(
        f"2026-10-0{at},{at % 2 == 0},{'Video' if at % 2 else 'Image'},{at}0,{at}\n" for at in range(1, 9)
    )
    draft = drafted(tmp_path, media="Date,Is Reel,kind,Likes,MediaCount\n" + rows)
    lines = [line.strip() for line in draft.splitlines()]
    assert [line.split("  #")[0] for line in lines if "creator: " in line] == [
        '# creator: {value: ""}',
        "# creator: {from: file}",
    ]
    assert not any(line.startswith(("comments", '# comments: "')) for line in lines)
    assert "# likes without comments: without them no engagement is told" in lines
    with pytest.raises(InputError, match="value of creator is empty: write it, or name a column"):
        read(tmp_path, answered(draft, "creator: {value"))
    said = answered(draft, "creator: {value", "comments: {value").replace(
        'creator: {value: ""}', "creator: {value: us}"
    )
    assert read(tmp_path, said)["media.csv"].loc[2, ["creator", "comments"]].tolist() == ["us", ""]


def test_handles_and_profile_links_go_before_display_names_and_other_platforms(tmp_path):
    draft = drafted(
        tmp_path,
        list="Talent Name,TikTok Handle,TikTok Followers,Instagram Handle,Instagram Followers\n"
        "Ida Roe,@idatok,9000,@ida.roe,2.1k\nUwe Lau,@uwetok,800,@uwe_lau,3100\n",
        links="Who,Link to it,Fans\nIda Roe,https://www.instagram.com/ida.roe/,2100\n"
        "Uwe Lau,https://www.instagram.com/uwe_lau/,3100\n",
    )
    raws = read(tmp_path, draft)
    assert raws["list.csv"].loc[2, ["creator", "followers"]].tolist() == ["@ida.roe", "2.1k"]
    assert raws["links.csv"].loc[3, "creator"] == "https://www.instagram.com/uwe_lau/"


def test_columns_that_differ_are_asked_about_by_position_and_a_sum_is_said_to_be_one(tmp_path):
    rows = "".join(f"p{at}x00,ida,2026-10-0{at},{at}0,{at}3,{at},{11 * at}\n" for at in range(1, 6))
    draft = drafted(tmp_path, x="post,username,date,Herzen,Daumen,comments,Interaktionen\n" + rows)
    assert '    # likes: "Herzen"  # the word for it' in draft
    assert '    # likes: "Daumen"  # the word for it' in draft
    assert '  # "Interaktionen" is "Herzen" + "comments": not counted again' in draft
    same = drafted(tmp_path, x="post,username,date,likes,likes,comments\np1,ida,2026-10-01,5,6,1\n")
    assert "    # likes: {position: 4}  # " in same
    assert "    # likes: {position: 5}  # " in same
    assert read(tmp_path, answered(same, "likes: {position: 5}"))["x.csv"]["likes"].tolist() == ["6"]


def test_files_of_one_header_share_a_rule_that_next_week_fits_too(tmp_path):
    text = "Beitrag,Konto,Zeit,Daumen,Antworten\nAAAA{0},ida,2026-10-0{0},5{0},{0}\n"
    text += "AAAB{0},uwe,2026-10-0{0},6{0},{0}\n"
    draft = drafted(tmp_path, week_1=text.format(1), week_2=text.format(2))
    assert draft.count("table:") == 1
    (tmp_path / "week_1.csv").rename(tmp_path / "another name.csv")
    raws = read(tmp_path, draft)
    assert sorted(raws) == ["another name.csv", "week_2.csv"]
    assert raws["week_2.csv"]["post"].tolist() == ["AAAA2", "AAAB2"]


def test_the_folder_is_the_creator_where_the_rows_name_it_too(tmp_path):
    text = ",DATE,MEDIA,LIKES,COMMENTS\n0,2026-10-01,{0}-0,200,9\n1,2026-10-02,{0}-1,201,9\n"
    draft = drafted(tmp_path, **{f"{who}__counts": text.format(who) for who in ("ida.roe", "uwe_lau")})
    assert '"*/counts.csv":' in draft
    raws = read(tmp_path, answered(draft, 'post: "MEDIA"'))
    assert raws["uwe_lau/counts.csv"].loc[3, ["post", "creator"]].tolist() == ["uwe_lau-1", "uwe_lau"]
