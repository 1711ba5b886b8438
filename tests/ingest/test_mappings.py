"""Proves what a mapping.yaml can say: patterns, rules by header, constants, positions, tables, and ignore.

And that columns which mean the same are one where they agree, and are named where they do not.
"""

import pytest

from nanospread.core.errors import InputError
from nanospread.ingest import files, mappings, sources, streams

WEEK = "Beitrag,Konto,Zeit,Daumen,Antworten\nAAAA{0},ida,2026-10-0{0},5{0},3\n"
COLUMNS = "{post: Beitrag, creator: Konto, posted_at: Zeit, likes: Daumen, comments: Antworten}"
POSTS = "post,creator,posted_at,likes,comments\np1,ida,2026-03-01,412,15\n"
OWN = "post,date,likes,comments\np1,2026-03-01,412,15\n"  # of one account


def read(place, mapping="", **texts):
    """Return the raw files of a folder, by their names."""
    for name, text in texts.items():
        path = place / name.replace("__", "/").replace("_csv", ".csv")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if mapping:
        (place / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return {raw.file: raw for raw in sources.folder(place)}


def test_a_pattern_is_for_every_file_of_it_and_none_is_no_error(tmp_path):
    rule = f'"Week *.csv": {{table: posts, columns: {COLUMNS}}}\n"Month ?.csv": {{table: posts}}'
    found = read(
        tmp_path, rule, **{"Week 1_csv": WEEK.format(1), "Week 2_csv": WEEK.format(2), "a_csv": POSTS}
    )
    assert {name: raw.rows["likes"].tolist() for name, raw in found.items()} == {
        "Week 1.csv": ["51"],
        "Week 2.csv": ["52"],
        "a.csv": ["412"],
    }
    with pytest.raises(InputError, match=r"unknown file in mapping\.yaml: 'Week 3\.csv'; did you mean"):
        read(tmp_path, "Week 3.csv: {table: posts}")


def test_the_mapping_of_each_folder_must_name_files_that_are_there(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "creators.csv").write_text("creator,followers\nanna,2000\n", encoding="utf-8")
    (tmp_path / "one" / "mapping.yaml").write_text("creator.csv: {table: creators}\n", encoding="utf-8")
    for folders in (("one", "two"), ("two", "one")):
        with pytest.raises(InputError, match=r"'creator\.csv'; did you mean 'creators\.csv'"):
            sources.read([tmp_path / name for name in folders])


def test_a_folder_named_twice_breaks_no_mapping(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    for path in (one, two):
        path.write_text("creator,followers\nanna,2000\n", encoding="utf-8")
    raws = sources.read([one, two, one], {"two.csv": {"table": "creators"}})
    assert [raw.file for raw in raws] == ["one.csv", "two.csv"]


def test_a_pattern_leaves_files_alone_that_have_none_of_its_headers(tmp_path):
    rule = f'"*.csv": {{columns: {COLUMNS}}}'
    assert read(tmp_path, rule, a_csv=POSTS)["a.csv"].rows["likes"].tolist() == ["412"]
    with pytest.raises(
        InputError, match=r"rule '\*\.csv' is not for it: it has no header 'Daumen', 'Antworten'"
    ):
        read(tmp_path, rule, b_csv="Beitrag,Konto,Zeit,Herzen\nA,ida,2026-10-01,5\n")


def test_a_rule_by_header_is_for_the_files_that_have_it_whatever_their_names(tmp_path):
    rule = f"crawler:\n  headers: [Beitrag, Daumen]\n  table: posts\n  columns: {COLUMNS}\n"
    found = read(tmp_path, rule, **{"10198_csv": WEEK.format(1), "x_csv": POSTS})
    assert found["10198.csv"].rows["creator"].tolist() == ["ida"]
    assert found["x.csv"].rows["creator"].tolist() == ["ida"]


def test_a_files_own_name_goes_before_rules_and_the_first_rule_before_the_next(tmp_path):
    rules = (
        "a.csv: {columns: {likes: two}}\n'*.csv': {columns: {likes: three}}\n'?.csv': {columns: {likes: two}}"
    )
    text = "post,creator,posted_at,comments,two,three\np1,ida,2026-03-01,1,22,33\n"
    found = read(tmp_path, rules, a_csv=text, b_csv=text)
    assert [raw.rows["likes"].tolist() for raw in found.values()] == [["22"], ["33"]]


def test_a_value_a_folder_or_a_file_is_the_column_of_every_row(tmp_path):
    said = "media.csv: {columns: {creator: {value: Our_Brand}, sponsored: {value: 'no'}}}"
    rows = read(tmp_path, said, media_csv=OWN)["media.csv"].rows
    assert rows[["creator", "sponsored"]].values.tolist() == [["Our_Brand", "no"]]
    said = """'*/posts.csv': {columns: {creator: {from: folder}}}
of uwe_2026.csv: {columns: {creator: {from: file, regex: '^of (.*)_'}}}"""
    (tmp_path / "media.csv").unlink()
    found = read(tmp_path, said, **{"ida.roe__posts_csv": OWN, "of uwe_2026_csv": OWN})
    assert {name: raw.rows["creator"].tolist() for name, raw in found.items()} == {
        "of uwe_2026.csv": ["uwe"],
        "ida.roe/posts.csv": ["ida.roe"],
    }


def test_posts_of_a_wide_sheet_without_dates_have_the_date_that_a_mapping_says(tmp_path):
    text = (
        "username,followers,post_1_likes,post_1_comments,post_2_likes,post_2_comments\nida,2000,100,5,90,3\n"
    )
    undated = read(tmp_path, x_csv=text)
    assert [raw.table for raw in undated.values()] == ["creators", "posts", "posts"]
    assert undated["x.csv [post 2]"].rows["posted_at"].tolist() == [""]
    found = read(tmp_path, "x.csv: {columns: {posted_at: {value: 2026-11-01}}}")
    assert {name: raw.table for name, raw in found.items()} == {
        "x.csv": "creators",
        "x.csv [post 1]": "posts",
        "x.csv [post 2]": "posts",
    }
    assert found["x.csv [post 2]"].rows["posted_at"].tolist() == ["2026-11-01"]


def test_posts_without_an_id_are_named_after_creator_and_date(tmp_path):
    text = "who,date,likes,comments\nida,2026-03-01,1,1\nida,2026-03-01,2,1\nuwe,2026-03-01,3,1\nuwe,,4,1\n"
    said = "x.csv: {columns: {creator: who, post: {from: creator and date}}}"
    rows = read(tmp_path, said, x_csv=text)["x.csv"].rows
    assert rows["post"].tolist() == ["ida 2026-03-01", "ida 2026-03-01 2", "uwe 2026-03-01", ""]


def test_columns_are_named_by_position_where_their_names_do_not_tell(tmp_path):
    text = "name,followers,followers,\nida,9,2100,food\n"
    said = "x.csv: {columns: {creator: {position: 1}, followers: {position: 3}, niche: {position: 4}}}"
    assert read(tmp_path, said, x_csv=text)["x.csv"].rows.loc[2].tolist() == ["ida", "2100", "food"]


def test_a_list_fills_two_tables_from_one_file(tmp_path):
    text = "Beitrag,Konto,Zeit,likes,comments,Fans\nA,ida,2026-03-01,1,1,900\nB,ida,2026-03-02,1,1,950\n"
    shared = "creator: Konto"
    said = f"""x.csv:
  - {{table: posts, columns: {{post: Beitrag, posted_at: Zeit, {shared}}}}}
  - {{table: creators, columns: {{followers: Fans, as_of: Zeit, {shared}}}}}"""
    found = read(tmp_path, said, x_csv=text)
    assert found["x.csv"].rows["post"].tolist() == ["A", "B"]
    assert found["x.csv [creators]"].rows.values.tolist() == [
        ["900", "2026-03-01", "ida"],
        ["950", "2026-03-02", "ida"],
    ]


@pytest.mark.parametrize(
    ("counts", "rows"),
    [
        ([900, 900, 70], [["ida", "900"], ["uwe", "70"]]),  # one count of each: of the export
        (
            [900, 950, 70],
            [["ida", "900", "2026-03-01"], ["ida", "950", "2026-03-02"], ["uwe", "70", "2026-03-02"]],
        ),
    ],
)
def test_followers_beside_posts_are_follower_counts(tmp_path, counts, rows):
    text = "post,creator,posted_at,likes,comments,followers\n"
    text += (
        "A,ida,2026-03-01,1,1,{}\nB,ida,2026-03-02,1,1,{}\nC,uwe,2026-03-02,1,1,{}\nD,zoe,2026-03-02,1,1,\n"
    )
    found = read(tmp_path, x_csv=text.format(*counts))
    assert len(found["x.csv"].rows) == 4
    assert found["x.csv [creators]"].rows.values.tolist() == rows
    assert found["x.csv"].ignored == ()


def test_what_is_not_meant_is_left_aside_and_told(tmp_path):
    said = "'notes*': {ignore: true}\nold.csv: {ignore: true}\njunk:\n  headers: [a, b]\n  ignore: true\n"
    found = read(tmp_path, said, notes_1_csv="a", old_csv=POSTS, p_csv=POSTS, q_csv="a,b\n1,2\n")
    told = {name: raw.ignored for name, raw in found.items() if not raw.table}
    assert told == dict.fromkeys(
        ["notes_1.csv", "old.csv", "q.csv"], ("the whole file: not meant, as mapping.yaml says",)
    )
    with pytest.raises(InputError, match=r"no file is left to read: notes_1\.csv: the whole file: not meant"):
        sources.raws(files.files_of([tmp_path / "notes_1.csv"]))


def test_files_that_fit_no_table_are_named_all_at_once_and_may_be_skipped(tmp_path):
    texts = {"a_csv": POSTS, "b_csv": "x,y\n1,2\n", "c_csv": "shortcode,likes\n1,2\n"}
    with pytest.raises(InputError) as raised:
        read(tmp_path, **texts)
    assert str(raised.value).startswith(
        "2 files fit no table: b.csv: nearest is creators, which lacks creator, followers; c.csv: nearest is "
        "posts, which lacks creator, posted_at, comments. Name their columns in mapping.yaml (`nanospread "
        "ingest --suggest-mapping` drafts it), say there `ignore: true`, or store the others (`nanospread "
    )
    raws = sources.raws(files.files_of([tmp_path]), skip_unknown=True)
    assert [(raw.file, raw.table) for raw in raws] == [("a.csv", "posts"), ("b.csv", ""), ("c.csv", "")]
    alone = r"^b\.csv: its headers \(x, y\) fit no table.*\(`nanospread ingest --suggest-mapping` drafts it\)"
    with pytest.raises(InputError, match=alone):
        sources.raws(files.files_of([tmp_path / "b.csv"]), skip_unknown=True)


def test_sub_folders_are_looked_into_where_nothing_lies_above_or_a_rule_names_them(tmp_path):
    texts = {f"{who}__posts_csv": POSTS.replace("ida", who) for who in ("ida", "uwe")}
    assert sorted(read(tmp_path, **texts)) == ["ida/posts.csv", "uwe/posts.csv"]
    found = read(tmp_path, top_csv=POSTS)
    assert [raw.file for raw in found.values() if raw.table] == ["top.csv"]
    assert found["uwe/"].ignored == (
        "1 exports of a sub-folder, left alone; a rule of mapping.yaml that names their path reads them",
    )
    assert sorted(read(tmp_path, "'ida/*': {table: posts}")) == ["ida/posts.csv", "top.csv", "uwe/"]


def test_a_creator_that_is_told_is_that_of_files_without_one_and_of_no_other(tmp_path):
    read(tmp_path, "own.csv: {ignore: true}", own_csv=OWN, posts_csv=POSTS)
    (tmp_path / "mapping.yaml").unlink()
    raws = sources.raws(files.files_of([tmp_path], creator="us"))
    assert [raw.rows["creator"].tolist() for raw in raws] == [["us"], ["ida"]]
    (tmp_path / "own.csv").write_text(
        OWN.replace("post,", "Konto,post,").replace("p1,", "k,p1,"), encoding="utf-8"
    )
    with pytest.raises(InputError, match="which lacks creator"):  # Konto may well be it
        sources.raws(files.files_of([tmp_path], creator="us"))


def test_a_large_file_fills_one_table_and_takes_constants_too(tmp_path):
    (tmp_path / "x.csv").write_text(OWN, encoding="utf-8")
    said = {"x.csv": {"columns": {"creator": {"value": "us"}}}}
    (piece,) = streams.delimited(tmp_path / "x.csv", said).pieces()
    assert piece.rows["creator"].tolist() == ["us"]
    us = {"creator": {"value": "us"}}
    counts = {"table": "creators", "columns": {**us, "followers": "likes"}}
    for rule in (
        {"columns": {**us, "post": {"from": "creator and date"}}},
        [{"table": "posts", "columns": us}, counts],
    ):
        with pytest.raises(InputError, match=r"too large for a file that"):
            list(streams.delimited(tmp_path / "x.csv", {"x.csv": rule}).pieces())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            "{columns: {likes: {position: 0}}}",
            "position of likes must be a whole number, the first column being 1",
        ),
        ("{columns: {likes: {position: 9}}}", "position of likes is 9; there are 5 columns"),
        (
            "{columns: {likes: {positon: 3}}}",
            "likes must be a header, {position: 3}, {value: text} or {from:",
        ),
        ("{columns: {likes: {value: 1, from: file}}}", "likes must be a header, {position: 3}"),
        ("{columns: {likes: {value: 1, unit: k}}}", "unknown key of likes in mapping.yaml, x.csv: 'unit'"),
        ("{columns: {likes: {value: [1]}}}", "value of likes must be one text"),
        ("{columns: {creator: {value: ''}}}", "value of creator is empty: write it, or name a column"),
        ("{columns: {post: {value: p}}}", "post must differ from row to row, so it can be no value"),
        (
            "{columns: {creator: {from: folders}}}",
            "unknown origin of creator in mapping.yaml, x.csv: 'folders'",
        ),
        ("{columns: {post: {from: file}}}", "Known: creator and date"),
        ("{columns: {creator: {from: file, regex: '('}}}", "regex '(' cannot be used"),
        ("{columns: {creator: {from: file, regex: '[0-9]+'}}}", "regex '[0-9]+' fits nothing in 'x'"),
        ("{headers: likes}", "headers must be a list of header names, not 'likes'"),
        ("{ignore: maybe}", "unknown ignore in mapping.yaml, x.csv: 'maybe'"),
        ("[{table: posts}, {table: posts}]", "each entry of a list needs a table of its own"),
        ("[{columns: {}}]", "each entry of a list needs a table of its own"),
        ("[]", "each entry of a list needs a table of its own"),
        (
            "{columns: {likes: {position: 3}, comments: {position: 3}}}",
            "'posted_at' is given to both 'likes' and",
        ),
    ],
)
def test_each_mistake_is_one_clear_error(tmp_path, said, message):
    with pytest.raises(InputError) as raised:
        read(tmp_path, f"x.csv: {said}", x_csv=POSTS)
    assert message in str(raised.value)


def test_a_regex_cannot_take_for_ever(tmp_path):
    name = "a" * 200 + "!"
    said = {f"{name}.csv": {"columns": {"creator": {"from": "file", "regex": "^(a+)+$"}}}}
    (tmp_path / f"{name}.csv").write_text(OWN, encoding="utf-8")
    with pytest.raises(InputError, match="fits nothing in"):
        sources.folder(tmp_path, said)


@pytest.mark.parametrize(
    ("header", "row", "column", "kept"),
    [
        ("creator,followers,followers", "ida,2.1K,2100", "followers", "2100"),
        ("creator,subscribers,follower_count", "ida,,2100", "followers", "2100"),
        ("creator,subscribers,follower_count", "ida,'2,100',2100", "followers", "2,100"),
        ("username,profile_url,followers", "@Ida,https://www.instagram.com/ida/,5", "creator", "@Ida"),
        ("Creator,profile_url,followers", "Ida Roe,instagram.com/ida,5", "creator", "instagram.com/ida"),
        ("influencer_name,username,followers", "ida,ida_roe,5", "creator", "ida_roe"),
        ("creator,date,stand,followers", "ida,2026-03-01,2026-03-01T10:00Z,5", "as_of", "2026-03-01T10:00Z"),
    ],
)  # fmt: skip
def test_columns_that_agree_are_one_and_the_account_goes_before_a_display_name(
    tmp_path, header, row, column, kept
):
    row = row.replace("'", '"')
    raw = read(tmp_path, x_csv=f"{header}\n{row}\n")["x.csv"]
    assert raw.rows.loc[2, column] == kept


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("creator,subscribers,follower_count", "ida,2.1K,2300", "'subscribers' (column 2) and 'follower_cou"),
        ("username,handle,followers", "ida,uwe,5", "'ida' and 'uwe' on line 2; name the right one in mapp"),
        ("creator,followers,followers", "ida,5,6", "as by its position: columns: {followers: {position: 2}}"),
    ],
)  # fmt: skip
def test_columns_that_differ_are_named_with_the_way_out(tmp_path, header, row, message):
    with pytest.raises(InputError) as raised:
        read(tmp_path, x_csv=f"{header}\n{row}\n")
    assert message in str(raised.value)
    column = "creator" if "handle" in header else "followers"
    way_out = f"x.csv: {{columns: {{{column}: {{position: 2}}}}}}"
    assert read(tmp_path, way_out)["x.csv"].rows.loc[2, column] == row.split(",")[1]


def test_reactions_are_likes_only_where_nothing_else_is(tmp_path):
    text = "post,creator,date,Reactions,Likes,Comments\np1,ida,2026-03-01,110,100,10\n"
    assert read(tmp_path, x_csv=text)["x.csv"].rows["likes"].tolist() == ["100"]
    assert read(tmp_path, x_csv=text.replace("Likes", "n"))["x.csv"].rows["likes"].tolist() == ["110"]


def test_a_mapping_is_read_from_its_file(tmp_path):
    (tmp_path / "m.yaml").write_text("'*.csv': {table: posts}", encoding="utf-8")
    assert mappings.read(tmp_path / "m.yaml") == {"*.csv": {"table": "posts"}}
