"""Proves that what spreadsheets and downloads do to a file costs no row in silence."""

import datetime
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.core.errors import InputError
from nanospread.ingest import mappings, records, sources, streams
from test_sources import parsed

POSTS = "post,creator,posted_at,likes,comments\n"
ROW = "p1,anna,2026-03-01,412,15\n"
CELLS = ["p1", "anna", "2026-03-01", "412", "15"]


def read(tmp_path, content, name="posts.csv", **more):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (raw,) = sources.read([tmp_path / name], **more)
    return raw


def rows(raw):
    return {line: list(row) for line, row in zip(raw.rows.index, raw.rows.values.tolist(), strict=True)}


def test_lines_above_the_header_are_passed_over_and_told(tmp_path):
    raw = read(tmp_path, '"Export, of\nMonday"\n\nAccounts: 1,,\n' + POSTS + ROW)
    assert rows(raw) == {6: CELLS}
    assert raw.ignored == (
        "line 1 above the header: Export, of Monday",
        "line 4 above the header: Accounts: 1",
    )
    assert raw.refused == ()


def test_a_header_below_more_than_twenty_lines_is_not_looked_for(tmp_path):
    assert rows(read(tmp_path, "x\n" * 20 + POSTS + ROW)) == {22: CELLS}
    with pytest.raises(InputError, match="fit no table"):
        read(tmp_path, "x\n" * 21 + POSTS + ROW)


def test_the_error_of_a_file_with_a_banner_is_about_its_header(tmp_path):
    with pytest.raises(
        InputError, match=r"headers \(post, creator, posted_at, likes\) fit no table; .* lacks comments"
    ):
        read(tmp_path, "My export\n" + POSTS.replace(",comments", "") + ROW)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Data of March", "1 cell where the header has 5"),
        ("(id),(name),(date),(number),(number)", "units under the header, no row"),
        (",,yyyy-mm-dd,#,#", "units under the header, no row"),
    ],
)
def test_a_banner_or_units_under_the_header_are_refused(tmp_path, line, reason):
    raw = read(tmp_path, POSTS + line + "\n" + ROW)
    assert rows(raw) == {3: CELLS}
    assert raw.refused == ((2, reason),)


def test_blank_lines_under_the_header_are_nothing(tmp_path):
    raw = read(tmp_path, POSTS + ",,,,\n\n" + ROW)
    assert (rows(raw), raw.refused) == ({4: CELLS}, ())


def test_units_further_down_are_a_row_like_any_other(tmp_path):
    assert list(rows(read(tmp_path, POSTS + ROW + "id,name,date,number,number\n"))) == [2, 3]


def test_a_header_again_in_the_middle_is_refused(tmp_path):
    raw = read(tmp_path, POSTS + ROW + POSTS + ROW)
    assert rows(raw) == {2: CELLS, 4: CELLS}
    assert raw.refused == ((3, "a header again"),)


def test_exports_put_together_in_another_order_are_read_in_their_own(tmp_path):
    other = "comments,likes,posted_at,extra,creator,post\n15,412,2026-03-01,x,anna,p1\n"
    raw = read(tmp_path, POSTS + ROW + other + "1,2\n")
    assert rows(raw) == {2: CELLS, 4: CELLS}
    assert raw.refused == ((3, "a header again"), (5, "2 cells where the header has 6"))


def test_exports_put_together_in_other_words_are_read_in_their_own(tmp_path):
    other = "3s_views,Like count,Comments count,Publish time,Username,Post ID\n9,412,15,2026-03-01,anna,p1\n"
    raw = read(tmp_path, "\ufeff" + POSTS + ROW + "\ufeff" + other + "\ufeff" + POSTS + ROW)
    assert rows(raw) == {2: CELLS, 4: CELLS, 6: CELLS}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_in_the_middle_is_nothing(tmp_path, encoding):
    text = ('"post","creator","posted_at","likes","comments"\n' + ROW).encode(encoding)
    assert rows(read(tmp_path, text + text)) == {2: CELLS, 4: CELLS}


def test_a_column_that_a_later_header_lacks_is_blank_below_it(tmp_path):
    raw = read(tmp_path, "caption," + POSTS + "nice," + ROW + POSTS + ROW)
    assert raw.rows["caption"].to_dict() == {2: "nice", 4: ""}
    assert list(raw.rows["comments"]) == ["15", "15"]


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("post,creator,posted_at,likes,views", ": nearest is posts, which lacks comments"),
        ("post,creator,posted_at,likes,views,caption", ": nearest is posts, which lacks comments"),
        ("Post ID,Username,Date,Like count,Clicks", ": nearest is posts, which lacks comments"),
        ("Post ID,Username,Timestamp,Engagement,Comments count", ": nearest is posts, which lacks likes"),
        ("post,creator,posted_at,followers,likes", ", of creators: they need a file of their own"),
    ],
)
def test_rows_below_a_header_without_the_columns_are_no_posts(tmp_path, header, why):
    """Views are no comments because they stand where these stood."""
    below = f"{header}\n" + ",".join(["q1", "ben", "2026-03-02", "7", "9000", "x"][: header.count(",") + 1])
    raw = read(tmp_path, POSTS + ROW + below + "\n" + POSTS + ROW)
    assert rows(raw) == {2: CELLS, 6: CELLS}
    assert raw.refused == ((3, "a header again"), (4, f"below another header{why}"), (5, "a header again"))


def test_a_header_of_another_platform_is_told(tmp_path):
    tiktok = "post,authorMeta.name,createTimeISO,diggCount,comments\np1,anna,2026-03-01,412,15\n"
    raw = read(tmp_path, POSTS + ROW + tiktok)
    assert raw.refused[1:] == (
        (4, "below another header, of another platform: they need a file of their own"),
    )


def test_follower_counts_beside_posts_in_another_order_are_those_of_one_file(tmp_path):
    text = "post,creator,posted_at,likes,comments,followers\np1,anna,2026-03-01,412,15,1000\n"
    text += "post,creator,posted_at,comments,likes,followers\np2,anna,2026-03-09,15,412,1300\n"
    (tmp_path / "posts.csv").write_text(text)
    _, counts = sources.read([tmp_path / "posts.csv"])
    assert counts.rows[["followers", "as_of"]].values.tolist() == [
        ["1000", "2026-03-01"],
        ["1300", "2026-03-09"],
    ]


def test_contacts_are_found_below_a_later_header_too(tmp_path):
    text = "creator,followers,email\nanna,5,a@example.org\nemail,creator,followers\nb@example.org,ben,6\n"
    (tmp_path / "c.csv").write_text(text + "creator,followers\ncleo,7\n")
    (raw,) = sources.read([tmp_path / "c.csv"], contacts=["email"])
    assert raw.rows.values.tolist() == [["anna", "5"], ["ben", "6"], ["cleo", "7"]]
    assert list(raw.contacts["email"]) == ["a@example.org", "b@example.org", ""]


@pytest.mark.parametrize(
    "text",
    [
        "creator,type,status,offer\nben,Influencer,contacted,Code\n",
        "creator,type,status\nben,Ambassador,Joined\n",
        "creator,platform,status,goal\nben,Instagram,contacted,Followers\n",
        "creator,contacted,replied,accepted,posted,offer,notes\nben,yes,no,no,no,code,influencer\n",
        "creator,status,first purchase,notes\nanna,contacted,order,value\n",
        "campaign,creator,objective,platform,revenue\nspring,ben,Followers,Instagram,€20.00\n",
        "order,order date,total,utm_source,utm_campaign\n#2,Mar 1 2026,€12.00,instagram,followers\n",
        "creator,platform,followers,niche,status\nben,Instagram,n/a,Content,followers\n",
        "code,creator,kind,campaign\nCODE,ben,influencer,spring\n",
        "comment,post,author,text,platform,status\nc2,Cx,ben,influencer,Instagram,published\n",
        "creator,contacted,replied,status\nben,accepted,replied,status\n",
        "creator,followers,niche\ninstagram,,content\n",
        "username,joined_at,notes,goal\ninfluencer,,inbound,code\n",
    ],
)
def test_cells_that_are_names_of_columns_make_no_header(tmp_path, text):
    """Influencer, Instagram and Ambassador are names of columns that stand in cells, too."""
    raw = read(tmp_path, text + text.splitlines()[1] + "\n", "t.csv")
    assert (list(raw.rows.index), raw.refused) == ([2, 3], ())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "creator,contacted,replied,accepted,posted\nben,contacted,replied,accepted,posted\n",
            "anna,contacted,,,",
        ),
        ("post,creator,posted_at,likes,comments\npost,creator,posted_at,412,comments\n", ROW.strip()),
    ],
)
@pytest.mark.parametrize("before", [0, 150])
def test_a_record_with_most_names_of_the_header_costs_no_other_row(tmp_path, text, line, before):
    """Where an account or a figure stands in it, the records below it are read on."""
    header, odd = text.splitlines()
    raw = read(tmp_path, "\n".join([header, *[line] * before, odd, line, line, ""]), "t.csv")
    assert (len(raw.rows), raw.refused) == (before + 2, ((before + 2, "a header again"),))


@pytest.mark.parametrize(
    ("one", "other", "creators"),
    [
        ("creator,followers\nanna,5\n", "Influencer,Username,Follower count\nBen B,ben.b,7\n", ["anna"]),
        (
            "Influencer,Username,Followers\nAnna A,anna,5\n",
            "Username,Follower count\nben.b,7\n",
            ["anna", "ben.b"],
        ),
        ("creator,followers,status\nanna,5,contacted\n", "creator,followers\nben,7\n", ["anna"]),
    ],
)
def test_several_columns_for_one_below_another_header(tmp_path, one, other, creators):
    """A display name is never an account: which column holds accounts is told by all cells of a file."""
    (tmp_path / "c.csv").write_text(one + other)
    raw, *_ = sources.read([tmp_path / "c.csv"])
    assert list(raw.rows["creator"]) == creators


def test_posts_below_a_header_without_the_followers_beside_have_no_count(tmp_path):
    two = "post,creator,posted_at,likes,comments,caption\np2,anna,2026-03-05,4,1,hey\n"
    (tmp_path / "p.csv").write_text(two.replace("caption", "followers").replace("hey", "100") + two)
    posts, counts = sources.read([tmp_path / "p.csv"])
    assert (len(posts.rows), list(counts.rows["followers"])) == (2, ["100"])


def test_a_column_by_its_position_is_not_read_below_another_header(tmp_path):
    text = POSTS.replace("likes", "X") + ROW + POSTS.replace("likes", "views")
    entry = {"table": "posts", "columns": {"likes": {"position": 4}}}
    raw = read(tmp_path, text + "q1,ben,2026-03-02,9000,7\n", mapping={"posts.csv": entry})
    assert list(raw.rows["likes"]) == ["412"]


def test_rows_of_a_mapping_by_position_are_no_headers(tmp_path):
    entry = {"table": "outreach", "columns": {"creator": {"position": 1}, "status": {"position": 3}}}
    raw = read(
        tmp_path, "Name,Netz,Stand\n" + "anna,Instagram,posted\n" * 3, "o.csv", mapping={"o.csv": entry}
    )
    assert len(raw.rows) == 3


def test_a_header_is_found_where_one_of_its_names_begins_with_a_digit(tmp_path):
    header = "post,creator,posted_at,likes,comments,3s_views\n"
    many = [f"p{at},anna,2026-03-01,412,15,9\n" for at in range(150)]
    raw = read(
        tmp_path, header + "".join(many) + header.replace("likes,comments", "comments,likes") + many[0]
    )
    assert raw.rows.loc[153, ["likes", "comments"]].tolist() == ["15", "412"]
    assert len(raw.refused) == 1


@pytest.mark.parametrize("word", ["Total", "TOTAL:", "Summe", "Grand total", "Average"])
def test_a_row_of_totals_at_the_end_is_refused(tmp_path, word):
    raw = read(tmp_path, POSTS + ROW + f"{word},,,412,15\n")
    assert (rows(raw), raw.refused) == ({2: CELLS}, ((3, "a row of totals, no row of its own"),))


def test_an_account_called_total_is_kept_where_it_is_not_last(tmp_path):
    raw = read(tmp_path, "creator,followers\ntotal,5\nanna,6\n", "c.csv")
    assert rows(raw) == {2: ["total", "5"], 3: ["anna", "6"]}


def test_many_rows_keep_order_and_a_total_after_them_is_found(tmp_path):
    text = POSTS + "".join(f"p{at},anna,2026-03-01,{at},1\n" for at in range(20_001)) + "Total,,,1,1\n"
    raw = read(tmp_path, text)
    assert list(raw.rows["likes"]) == [str(at) for at in range(20_001)]
    assert [line for line, _ in raw.refused] == [20_003]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("first", ["", "Banner über alles\n", "sep={}\n"])
def test_encodings_delimiters_and_banners_go_together(tmp_path, encoding, delimiter, first):
    text = first.format(delimiter) + (POSTS + ROW.replace("anna", "zoë")).replace(",", delimiter)
    raw = read(tmp_path, text.encode(encoding))
    assert list(rows(raw).values()) == [["p1", "zoë", "2026-03-01", "412", "15"]]


def test_a_delimiter_is_found_by_names_that_a_mapping_gives(tmp_path):
    text = "Bericht, vom, Montag, den, 2.\nNr;Wer;Wann;Herzen;Worte\np1;anna;2026-03-01;412;15\n"
    columns = {"post": "Nr", "creator": "Wer", "posted_at": "Wann", "likes": "Herzen", "comments": "Worte"}
    raw = read(tmp_path, text, mapping={"posts.csv": {"columns": columns}})
    assert rows(raw) == {3: CELLS}


def test_blanks_and_line_breaks_in_a_header_do_not_matter(tmp_path):
    raw = read(tmp_path, ' Post ,"Cre\nator",Posted At,"LIKES ",\u200bcomments\n' + ROW)
    assert rows(raw) == {3: CELLS}


def test_a_line_too_long_is_refused_and_the_next_ones_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "LONGEST_LINE", 100)
    text = POSTS + ROW + 'p2,anna,"' + "x" * 500 + '\ny",1,1\n' + "z" * 199 + "\n" + ROW
    raw = read(tmp_path, text)
    assert list(rows(raw)) == [2, 6]
    assert raw.refused == (
        (3, "a line of more than 100 characters"),
        (4, "3 cells where the header has 5"),
        (5, "a line of more than 100 characters"),
    )


@given(
    st.lists(
        st.sampled_from([ROW, POSTS, "Total,,,1,1\n", "a,b\n", '"open\n', "\n", "x" * 30 + "\n"]), max_size=30
    )
)
def test_every_line_that_is_not_blank_is_a_row_or_refused(lines):
    found = [(line, cells) for line, cells in parsed((POSTS + "".join(lines)).encode())]
    sheet = sources.sheets.Sheet("", iter(found))
    (raw,) = sources.sheets.raws("x.csv", sheet, mappings.FileMapping())
    assert len(raw.rows) + len(raw.refused) == len(found) - 1
    told = [*raw.rows.index, *(line for line, _ in raw.refused)]
    assert len(told) == len(set(told))


def workbook(path, sheets):
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, (first, given) in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(given):
                for place, value in enumerate(row):
                    if value is not None:
                        sheet.write(first + at, place, value)


HEADER = ["post", "creator", "posted_at", "likes", "comments"]


def test_a_workbook_gives_each_sheet_that_fits_and_tells_the_others(tmp_path):
    day = datetime.datetime(2026, 3, 1)
    workbook(
        tmp_path / "b.xlsx",
        {
            "Read me": (0, [["These are", "notes"]]),
            "March": (2, [["Posts of March"], HEADER, ["p1", "anna", day, 412.0, 15]]),
            "Accounts": (0, [["handle", "followers"], ["anna", 4300], ["Total", 4300]]),
            "Empty": (0, []),
        },
    )
    posts, creators = sources.folder(tmp_path)
    assert (posts.file, posts.table) == ("b.xlsx [March]", "posts")
    assert rows(posts) == {5: CELLS}  # the row's own number
    assert posts.ignored == (
        "line 3 above the header: Posts of March",
        "b.xlsx [Read me]: its headers (These are, notes) fit no table; nearest is creators, which lacks "
        "creator, followers: name its columns in mapping.yaml (`nanospread ingest --suggest-mapping` drafts "
        "it), or take the file away",
        "b.xlsx [Empty]: no header on line 1: the file is empty",
    )
    assert (creators.file, rows(creators)) == ("b.xlsx [Accounts]", {2: ["anna", "4300"]})
    assert creators.refused == ((3, "a row of totals, no row of its own"),)


def test_a_mapping_may_name_one_sheet(tmp_path):
    workbook(
        tmp_path / "b.xlsx",
        {"A": (0, [["Wer", "Fans"], ["anna", 1]]), "B": (0, [["handle", "followers"], ["b", 2]])},
    )
    raws = sources.folder(tmp_path, {"b.xlsx [A]": {"columns": {"creator": "Wer", "followers": "Fans"}}})
    assert [rows(raw) for raw in raws] == [{2: ["anna", "1"]}, {2: ["b", "2"]}]
    with pytest.raises(InputError, match=r"unknown file in mapping\.yaml: 'c\.xlsx \[A\]'"):
        sources.folder(tmp_path, {"c.xlsx [A]": {}})


def test_cells_of_a_workbook_are_text_as_a_person_would_write_it(tmp_path):
    given = [17890123456789012, "x", datetime.datetime(2026, 3, 1, 7, 30), 12.5, True]
    workbook(
        tmp_path / "b.xlsx",
        {"S": (0, [HEADER, given, ["", "y", datetime.datetime(2026, 3, 1), 2**53 - 1, False]])},
    )
    (raw,) = sources.folder(tmp_path)
    assert raw.file == "b.xlsx"
    assert rows(raw) == {
        2: [
            "1.789012345678901e+16",
            "x",
            "2026-03-01T07:30:00",
            "12.5",
            "yes",
        ],  # its digits are gone: seen as such
        3: ["", "y", "2026-03-01", "9007199254740991", "no"],
    }


def test_error_cells_keep_their_text(tmp_path):
    workbook(tmp_path / "w.xlsx", {"S": (0, [HEADER, ["p1", "anna", "2026-03-01", 1, 2]])})
    damaged = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "w.xlsx") as old, zipfile.ZipFile(damaged, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(
                    b'<c r="A2" t="s"><v>5</v>', b'<c r="A2" t="e"><f>-abc</f><v>#NAME?</v>'
                )
                assert b"#NAME?" in content
            new.writestr(name, content)
    assert rows(read(tmp_path, damaged.getvalue(), "d.xlsx"))[2][0] == "#NAME?"


def test_a_wide_workbook_is_unfolded(tmp_path):
    head = ["username", "followers", "likes_1", "comments_1", "date_1"]
    workbook(tmp_path / "w.xlsx", {"S": (0, [head, ["anna", 4300, 412, 15, "2026-03-01"]])})
    creators, posts = sources.folder(tmp_path)
    assert rows(creators) == {2: ["anna", "4300"]}
    assert posts.rows.loc[2, ["likes", "comments"]].tolist() == ["412", "15"]


def test_parquet_is_read_as_text(tmp_path):
    import duckdb

    place = tmp_path / "p [1]*.parquet"  # a name is no pattern
    (tmp_path / "p 1x.parquet").write_bytes(b"PAR1 not this one")
    columns = "17890123456789012345::UBIGINT AS post, 'anna' AS creator, 412 AS likes"
    columns += ", NULL::INT AS comments, true AS sponsored"
    dates = "TIMESTAMPTZ '2026-03-01 07:30:00+02' AS posted_at, TIMESTAMP '2026-03-01 07:30:00' AS other"
    duckdb.sql(f"COPY (SELECT {columns}, {dates}) TO '{tmp_path / 'x.parquet'}'")
    (tmp_path / "x.parquet").rename(place)
    (raw,) = sources.read([place])
    assert raw.rows.to_dict("index") == {
        2: {
            "post": "17890123456789012345",
            "creator": "anna",
            "posted_at": "2026-03-01T05:30:00.000000Z",
            "likes": "412",
            "comments": "",
            "sponsored": "true",
        }
    }
    assert raw.ignored == ("other",)
    with pytest.raises(InputError, match=r"p 1x\.parquet: no Parquet that can be read"):
        sources.read([tmp_path / "p 1x.parquet"])


def test_files_and_folders_are_read_together_each_once(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "posts.csv").write_text(POSTS + ROW, encoding="utf-8")
    (tmp_path / "b" / "mapping.yaml").write_text("posts.csv: {dates: day first}", encoding="utf-8")
    raws = sources.read([tmp_path / "a", tmp_path / "b" / "posts.csv", tmp_path / "a" / "posts.csv"])
    assert [(raw.file, raw.settings) for raw in raws] == [
        ("posts.csv", {}),
        ("posts.csv (2)", {"dates": "day first"}),
    ]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"dates": "us"}, "unknown dates in mapping.yaml, posts.csv: 'us'"),
        ({"budgets": "both"}, "Known: once, each"),
        ({"reported_er": 1}, "Known: percent, fraction"),
    ],
)
def test_what_a_mapping_says_about_cells_is_one_of_two(tmp_path, said, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, POSTS + ROW, mapping={"posts.csv": said})
    good = {"dates": "month first", "budgets": "once", "reported_er": "percent"}
    assert read(tmp_path, POSTS + ROW, mapping={"posts.csv": good}).settings == good


def test_a_post_without_an_id_is_named_by_its_address(tmp_path):
    raw = read(
        tmp_path, "link,creator,date,likes,comments\nhttps://www.instagram.com/p/C1/,a,2026-03-01,1,2\n"
    )
    assert raw.rows.loc[2, ["post", "permalink"]].tolist() == ["https://www.instagram.com/p/C1/"] * 2


def test_a_date_of_another_name_goes_before_one_called_date(tmp_path):
    raw = read(tmp_path, POSTS.replace("posted_at", "date,timestamp") + "p1,anna,Lifetime,2026-03-01,1,2\n")
    assert raw.rows.loc[2, "posted_at"] == "2026-03-01"
    assert raw.ignored == ("date",)


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_layout_of_a_large_file_is_told_from_its_head(tmp_path, delimiter, encoding):
    text = "Export zoë\n" + (POSTS.replace("post,", "Email,post,") + "\nx@y.z," + ROW).replace(",", delimiter)
    path = tmp_path / "p.csv"
    path.write_bytes(text.encode(encoding))
    stream = streams.delimited(path)
    form = stream.export.form
    assert (form.delimiter, form.encoding, stream.table) == (delimiter, encoding, "posts")
    (piece,) = stream.pieces()
    assert piece.ignored == ("line 1 above the header: Export zoë", "Email (left out: contact data)")
    assert list(piece.rows.index) == [4]
    (raw,) = sources.read([path])
    assert raw.rows.equals(piece.rows)


@pytest.mark.slow
def test_a_line_without_end_stops_the_run(tmp_path):
    path = tmp_path / "p.csv"
    with path.open("wb") as file:
        file.write((POSTS + ROW).encode())
        file.truncate(50 * 2**30)
    stream = streams.delimited(path, {"p.csv": {"dates": "day first"}})
    assert stream.mapping.file_entries[0].settings == {"dates": "day first"}
    with pytest.raises(InputError, match=r"^p\.csv: line 3 goes on for over 100,000,000 characters: no CSV"):
        list(stream.pieces())
    with pytest.raises(InputError, match="nanospread ingest streams a large CSV"):
        sources.read([path])
