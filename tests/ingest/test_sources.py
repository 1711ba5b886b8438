"""Proves that a CSV arrives as it was exported, with true line numbers, or is refused aloud."""

import csv
import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.ingest import files, headers, mappings, records, sources

REAL = paths.ROOT.parent / "shared" / "data" / "real"
POSTS = "post,creator,posted_at,likes,comments\n"


def read(tmp_path, text, name="posts.csv", mapping=None):
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / name).write_bytes(content)
    (file,) = sources.folder(tmp_path, mapping)
    return file


def parsed(content):
    """Return the records of a text file."""
    return list(records.read(lambda: io.BytesIO(content), records.form(lambda: io.BytesIO(content))))


def test_a_file_that_a_shell_writes_our_own_output_to_is_no_export(tmp_path, monkeypatch):
    (tmp_path / "posts.csv").write_text(POSTS)
    with (tmp_path / "codes.csv").open("w") as out:
        real = os.fstat
        monkeypatch.setattr(os, "fstat", lambda number: real(out.fileno() if number == 1 else number))
        assert [file.relative_name for file in files.files_of([tmp_path])] == ["posts.csv"]


def test_cells_arrive_as_exported(tmp_path):
    file = read(tmp_path, POSTS + ' 1 ,=HYPERLINK("x"),"<img onerror=alert(1)>",-1,"8,041"\n')
    assert file.table == "posts"
    assert file.rows.loc[2].tolist() == [" 1 ", '=HYPERLINK("x")', "<img onerror=alert(1)>", "-1", "8,041"]


def test_a_record_has_the_line_on_which_it_starts(tmp_path):
    text = POSTS + '1,a,"two\nlines",1,1\n\n   \n2,b,2026-01-01,1,1\r\n3,c,2026-01-01,1,1\n'
    assert read(tmp_path, text).rows.index.tolist() == [2, 6, 7]


def test_a_ragged_record_is_refused_with_its_line_and_reason(tmp_path):
    file = read(tmp_path, POSTS + "1,a,2026-01-01,1,1\n2,b,2026-01-01,1\n3,c,2026-01-01,1,1,1\n")
    assert file.rows.index.tolist() == [2]
    assert file.refused == ((3, "4 cells where the header has 5"), (4, "6 cells where the header has 5"))


def test_a_quote_that_is_never_closed_costs_one_line_and_not_the_rest(tmp_path):
    file = read(tmp_path, POSTS + '1,a,2026-01-01,1,1\n2,"b,2026-01-01,1,1\n3,c,2026-01-01,1,1\n')
    assert file.rows["post"].tolist() == ["1", "3"]
    ((line, reason),) = file.refused
    assert line == 3
    assert reason.startswith("broken quotes")


def test_a_quote_closed_by_a_later_row_swallows_nothing(tmp_path):
    text = POSTS + '1,"a,2026-01-01,1,1\n2,"b",2026-01-01,1,1\n3,c,2026-01-01,1,1\n'
    file = read(tmp_path, text)
    assert file.rows["post"].tolist() == ["2", "3"]
    assert [line for line, _ in file.refused] == [2]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    cells = ["1", "a", "2026-01-01", "1", "x,y;z|w\tv"]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([POSTS.strip().split(","), cells])
    assert read(tmp_path, text.getvalue()).rows.loc[2].tolist() == cells


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_the_encoding_is_found(tmp_path, encoding):
    file = read(tmp_path, (POSTS + "1,zoë,2026-01-01,1,1\n").encode(encoding))
    assert file.rows["creator"].tolist() == ["zoë"]
    assert list(file.rows.columns) == POSTS.strip().split(",")


def test_what_windows_writes_is_read_as_windows_wrote_it(tmp_path):
    assert read(tmp_path, POSTS.encode() + b"1,\x80uro,2026-01-01,1,1\n").rows["creator"].tolist() == ["€uro"]


def test_a_few_broken_bytes_do_not_turn_a_file_into_mojibake(tmp_path):
    whole = "".join(f"{at},zoë🌿,2026-01-01,1,1\n" for at in range(5))
    creators = read(tmp_path, (POSTS + whole).encode() + b"9,\xc3,2026-01-01,1,1\n").rows["creator"]
    assert creators.tolist() == ["zoë🌿"] * 5 + ["\ufffd"]


def test_a_rare_umlaut_of_windows_in_a_long_file_stays_an_umlaut(tmp_path):
    text = POSTS + "1,anna,2026-01-01,1,1\n" * 500 + "2,zoë,2026-01-01,1,1\n"
    assert read(tmp_path, text.encode("cp1252")).rows["creator"].iloc[-1] == "zoë"


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "\ufeffSEP=;\r"])
def test_the_delimiter_that_excel_declares_is_used_and_lines_stay_physical(tmp_path, first):
    file = read(tmp_path, first + "\n" + POSTS.replace(",", ";") + "1;a,b;2026-01-01;1;1\n")
    assert file.rows.loc[3, "creator"] == "a,b"
    assert file.rows.index.tolist() == [3]


def test_the_delimiter_that_excel_declares_goes_before_the_one_that_splits_most():
    content = b"sep=;\nWert;Kommentar, kurz, lang\n1;a, b, c\n"
    assert records.form(lambda: io.BytesIO(content)).delimiter == ";"


def test_counts_of_two_headers_may_be_written_in_mil(tmp_path):
    header, row = (
        "post,creator,posted_at,like_count,likes_count,comments\n",
        'p1,anna,2026-03-01,"1,5 mil",1500,15\n',
    )
    assert read(tmp_path, header + row).rows.loc[2, "likes"] == "1500"
    with pytest.raises(InputError, match="both mean 'likes', but differ: '2 mil' and '2100'"):
        read(tmp_path, header + "p1,anna,2026-03-01,2 mil,2100,15\n")


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=5, max_size=5),
        max_size=8,
    )
)
def test_every_record_that_the_csv_module_writes_comes_back(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["a", "b", "c", "d", "e"], *rows])
    found = [cells for _, cells in parsed(text.getvalue().encode())]
    assert found[1:] == [row for row in rows if any(cell.strip() for cell in row)]


@given(st.binary(max_size=300))
def test_no_bytes_whatever_make_the_reader_fail(content):
    lines = [line for line, _ in parsed(content)]
    assert lines == sorted(set(lines))


@pytest.mark.parametrize(
    ("header", "table", "columns"),
    [
        (
            "Username\tCategory\t#Followers\t#Followees\t#Posts",
            "creators",
            "creator followers niche following",
        ),
        (
            "shortcode,influencer_profile,nb_comments,nb_likes,posted_at",
            "posts",
            "post creator posted_at likes comments",
        ),
        (
            "inputUrl,id,type,shortCode,caption,url,commentsCount,likesCount,timestamp,"
            "ownerFullName,ownerUsername,ownerId,isSponsored",
            "posts",
            "post creator posted_at likes comments sponsored caption permalink",
        ),
        (
            "id,username,url,fullName,followersCount,followsCount,postsCount,businessCategoryName,verified",
            "creators",
            "creator followers niche following link",
        ),
        (
            "Post ID,Account ID,Account username,Account name,Description,Duration (sec),Publish time,"
            "Permalink,Post type,"
            "Data comment,Date,Views,Reach,Likes,Shares,Follows,Comments,Saves",
            "posts",
            "post creator posted_at likes comments caption views reach shares saves permalink",
        ),
        (
            "Beitrags-ID;Konto-ID;Konto-Benutzername;Kontoname;Beschreibung;Dauer (Sek.);"
            "Veröffentlichungszeitpunkt;Permalink;Beitragstyp;Datenkommentar;Datum;Aufrufe;Reichweite;"
            "„Gefällt mir“-Angaben;Geteilte Inhalte;Follows;Kommentare;Gespeicherte Beiträge",
            "posts",
            "post creator posted_at likes comments caption views reach shares saves permalink",
        ),
        (
            "shortcode,taken_at_timestamp,edge_media_preview_like.count,edge_media_to_comment.count,owner.username,"
            "edge_media_to_caption.edges[0].node.text,video_view_count,video_play_count",
            "posts",
            "post creator posted_at likes comments caption views",
        ),
        (
            "username,full_name,edge_followed_by.count,edge_follow.count,is_private",
            "creators",
            "creator followers following",
        ),
        (
            "business_discovery.username,business_discovery.followers_count,business_discovery.follows_count",
            "creators",
            "creator followers following",
        ),
        (
            "shortcode,username,timestamp,like_count,comments_count,caption,saved,shares,reach,views,impressions",
            "posts",
            "post creator posted_at likes comments caption saves shares reach views impressions",
        ),
        ("platform_username,follower_count,average_likes", "creators", "creator followers"),
        ("platform_username,follower_count,following_count", "creators", "creator followers following"),
        (
            "comment_id,media_id,username,text,timestamp,parent_id,like_count",
            "comments",
            "comment post author text written_at answers",
        ),
        ("campaign,influencer,spend", "results", "campaign creator cost"),
        ("campaign,creator,week,conversions,sales", "results", "campaign creator period orders revenue"),
        (
            "campaign name,creator,offer,amount spent,reach,link clicks,purchases,purchase value",
            "results",
            "campaign creator offer cost reach clicks orders revenue",
        ),
    ],
)  # fmt: skip
def test_the_headers_of_common_tools_need_no_mapping(tmp_path, header, table, columns):
    file = read(tmp_path, header + "\n", "export.csv")
    assert (file.table, set(file.rows.columns)) == (table, set(columns.split()))
    names = next(cells for _, cells in parsed(header.encode()))
    assert len(file.ignored) == len(names) - len(columns.split())


def test_every_declared_header_belongs_to_a_column_that_is_read():
    from nanospread.ingest import tables

    for table, columns in headers._synonyms().items():
        assert set(columns) == set(tables.READERS[table])
        assert all(column.replace("_", "") in synonyms for column, synonyms in columns.items())


def test_two_headers_for_one_column_are_an_error_unless_one_is_exact(tmp_path):
    row = "\n1,a,2026-01-01,1,1,7\n"
    with pytest.raises(
        InputError, match=r"'nb_likes' \(column 4\) and 'LikeCount' \(column 6\) both mean 'likes'"
    ):
        read(tmp_path, "post,creator,posted_at,nb_likes,comments,LikeCount" + row)
    file = read(tmp_path, POSTS.strip() + ",LikeCount" + row)
    assert file.rows["likes"].tolist() == ["1"]
    assert file.ignored == ("LikeCount",)


@pytest.mark.parametrize(
    ("header", "table"),
    [
        # what stands in several tables, all at once
        (POSTS.strip() + ",followers,following,as_of,niche", "posts"),
        (POSTS.strip() + ",comment_id,username,text,timestamp", "posts"),
        (POSTS.strip() + ",saves,shares,reach,views,impressions,caption,campaign,offer,cost,clicks", "posts"),
        (
            "campaign,creator,offer,cost,reach,clicks,orders,revenue,views,likes,caption,text,comment",
            "results",
        ),
        ("comment,post,creator,author,text,followers,following", "comments"),
        ("creator,followers,following,text,caption,reach", "creators"),
        ("creator,followers,campaign,cost", "creators"),
        ("creator,followers,campaign,cost,orders,revenue", "results"),
        ("creator,campaign,contacted_at,offer,replied,accepted,posted,cost", "outreach"),
    ],
)
def test_a_file_with_headers_of_several_tables_is_the_one_that_needs_most(tmp_path, header, table):
    (tmp_path / "export.csv").write_text(header + "\n", encoding="utf-8")
    assert sources.folder(tmp_path)[0].table == table


def test_two_headers_for_a_column_of_insights_stop_nothing_and_the_first_declared_is_read(tmp_path):
    file = read(
        tmp_path, POSTS.strip() + ",description,Videoviewcount,Views,caption\n1,a,2026-01-01,1,1,d,8,9,c\n"
    )
    assert file.rows.loc[2, ["views", "caption"]].tolist() == ["9", "c"]
    assert file.ignored == ("description", "Videoviewcount")


def test_no_header_is_declared_for_two_columns_of_a_table():
    for table, columns in headers._synonyms().items():
        declared = [header for synonyms in columns.values() for header in synonyms]
        assert len(declared) == len(set(declared)), table


def test_every_column_that_may_come_twice_is_one_that_may_be_absent():
    for table, columns in headers.EXTRAS.items():
        assert set(columns) <= set(headers._synonyms()[table]) - set(headers.REQUIRED[table])


def test_a_mapping_goes_before_the_declared_names(tmp_path):
    text = "Beitrag,Wer,posted_at,likes,comments,Herzen\n1,a,2026-01-01,5,1,7\n"
    columns = {"post": "Beitrag", "creator": "wer", "likes": "Herzen"}
    file = read(tmp_path, text, mapping={"posts.csv": {"table": "posts", "columns": columns}})
    assert file.rows["likes"].tolist() == ["7"]
    assert file.ignored == ("likes",)


def test_the_mapping_in_the_folder_is_used(tmp_path):
    (tmp_path / "mapping.yaml").write_text("odd.csv: {columns: {likes: Herzen}}", encoding="utf-8")
    assert (
        read(tmp_path, POSTS.replace("likes", "Herzen") + "1,a,2026-01-01,7,1\n", "odd.csv").table == "posts"
    )


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"post.csv": {}}, "unknown file in mapping.yaml: 'post.csv'; did you mean 'posts.csv'"),
        ({"posts.csv": {"tabel": "posts"}}, "'tabel'; did you mean 'table'"),
        ({"posts.csv": {"table": "post"}}, "'post'; did you mean 'posts'"),
        ({"posts.csv": {"table": "posts", "columns": {"like": "likes"}}}, "'like'; did you mean 'likes'"),
        ({"posts.csv": {"columns": {"likes": "coments"}}}, "'coments'; did you mean 'comments'"),
        ({"posts.csv": {"table": ["posts"]}}, "unknown table in mapping.yaml, posts.csv: \"['posts']\""),
        ({"posts.csv": {"table": {"a": "b"}}}, "unknown table in mapping.yaml, posts.csv: \"{'a': 'b'}\""),
        (
            {"posts.csv": {"columns": {"likes": "likes", "comments": "Likes"}}},
            "header 'likes' is given to both 'likes' and 'comments'",
        ),
        ({"posts.csv": "posts"}, "must be {table: ..., columns:"),
        ({"posts.csv": {"columns": ["likes"]}}, "must be {table: ..., columns:"),
        ({"posts.csv": {"table": "results"}}, "nearest is results, which lacks campaign, one of cost, reach"),
    ],
)
def test_a_wrong_mapping_is_an_error_that_names_what_is_right(tmp_path, mapping, message):
    with pytest.raises(InputError) as raised:
        read(tmp_path, POSTS + "1,a,2026-01-01,7,1\n", mapping=mapping)
    assert message in str(raised.value)


BROKEN = ["a: [", "- 1", "posts.csv", "a: 2026-99-99", "a: {}\na: {}", "a: {table: x, table: y}"]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_mapping_file_is_an_error(tmp_path, text):
    (tmp_path / "mapping.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"mapping\.yaml"):
        read(tmp_path, POSTS)


def test_a_mapping_file_elsewhere_is_read_for_its_path(tmp_path):
    path = tmp_path / "ours.yaml"
    with pytest.raises(InputError, match=r"mapping '.*ours\.yaml' cannot be read: No such file"):
        mappings.read(path)
    path.write_text("odd.csv: {table: posts}", encoding="utf-8")
    assert mappings.read(path) == {"odd.csv": {"table": "posts"}}
    path.write_text("odd.csv: {}\nodd.csv: {}", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2: odd\.csv is given twice"):
        mappings.read(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "posts.csv: no header on line 1: the file is empty"),
        (b"\n \n\n", "posts.csv: no header on line 1: the file is empty"),
        (
            b"shortcode,wer,wann\n1,a,2026\n",
            "nearest is posts, which lacks creator, posted_at, likes, comments",
        ),
        (b'"a\nb",c\n1,2\n', "its headers (a b, c) fit no table"),
        (b"PK\x03\x04\x14\0\0\0", "posts.csv: no workbook that can be read: its end is missing"),
        (b"\x89PNG\0\0,\0\n", "no text file, nor a workbook, Parquet or JSON that can be read"),
    ],
)
def test_a_file_that_fits_no_table_is_an_error_on_one_line(tmp_path, content, message):
    with pytest.raises(InputError) as raised:
        read(tmp_path, content)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_other_files_are_left_alone(tmp_path):
    for name in ("README.md", "notes.txt", ".hidden.csv", "picture.png"):
        (tmp_path / name).write_bytes(b"\0not ours")
    (tmp_path / "folder.csv").mkdir()
    assert read(tmp_path, POSTS, "POSTS.CSV").file == "POSTS.CSV"


def test_files_come_in_the_order_of_their_names(tmp_path):
    for name in ("b.csv", "a.csv", "c.tsv"):
        (tmp_path / name).write_text(POSTS, encoding="utf-8")
    assert [file.file for file in sources.folder(tmp_path)] == ["a.csv", "b.csv", "c.tsv"]


def test_a_missing_folder_is_an_error_with_the_nearest_one(tmp_path):
    (tmp_path / "exports").mkdir()
    with pytest.raises(InputError, match=r"does not exist; did you mean '.*exports'"):
        sources.folder(tmp_path / "export")
    with pytest.raises(InputError, match=r"holds no export \(\.csv, \.tsv, \.xlsx"):
        sources.folder(tmp_path / "exports")
    (tmp_path / "one.csv").write_text(POSTS, encoding="utf-8")
    with pytest.raises(InputError, match="is a file; name the folder"):
        sources.folder(tmp_path / "one.csv")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real posts are not on this machine")
def test_real_exports_are_recognised_without_a_mapping():
    accounts, posts = sources.folder(REAL)
    assert (accounts.table, len(accounts.rows), accounts.refused) == ("creators", 11_321, ())
    assert (posts.table, len(posts.rows), posts.refused) == ("posts", 19_482, ())
    assert accounts.ignored == ("#Posts",)
    assert posts.ignored == ()
