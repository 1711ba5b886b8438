"""Proves that one platform's rows alone are analysed, and that no row of another is lost or taken for it."""

import json

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread import store
from nanospread.core.errors import InputError
from nanospread.ingest import dataset, platforms, sources, tables

DAY = pd.Timestamp("2026-11-15", tz="UTC")
CREATORS = """handle,network,followers
mona,Instagram,4100
mona,TikTok,91000
lee,ig,2300
vera,YouTube,52000
"""
POSTS = """post_id,username,platform,posted_at,likes,comments
a1,mona,instagram,2026-10-01,120,6
a2,mona,Tik Tok,2026-10-02,9000,40
a3,lee,,2026-10-03,80,3
a4,vera,yt,2026-10-04,700,30
"""


def folder(place, **files):
    for name, text in files.items():
        (place / f"{name}.csv").write_text(text)
    return place


def read(place, **files):
    return tables.validated(sources.folder(folder(place, **files)))


def test_one_handle_on_two_platforms_is_two_accounts_and_only_one_is_analysed(tmp_path):
    found = read(tmp_path, creators=CREATORS, posts=POSTS)
    assert tables.roster(found)[["creator", "followers"]].values.tolist() == [["lee", 2300], ["mona", 4100]]
    dated = tables.dated_posts(found, fresh_days=0)
    assert dated[["post", "followers"]].values.tolist() == [["a3", 2300], ["a1", 4100]]
    assert found.elsewhere["creators"][["creator", "platform"]].values.tolist() == [
        ["mona", "tiktok"],
        ["vera", "youtube"],
    ]
    assert found.elsewhere["posts"]["post"].tolist() == ["a2", "a4"]


def test_what_is_of_another_platform_is_kept_counted_and_told(tmp_path):
    found = read(tmp_path, creators=CREATORS, posts=POSTS)
    assert found.counts[["rows_in", "kept", "refused"]].values.tolist() == [[4, 4, 0], [4, 4, 0]]
    assert dataset.abroad(found) == "tiktok: 1 creators, 1 posts; youtube: 1 creators, 1 posts"
    assert tables.left_out(found).values.tolist()[-1] == [dataset.ABROAD, 2, 2]
    assert dataset.ABROAD not in set(tables.left_out(read(tmp_path, posts=POSTS[:92]))["reason"])


def test_comments_under_posts_elsewhere_are_none_of_the_namesake_here(tmp_path):
    comments = "comment_id,post_id,commenter,text\nc1,a1,x,hi\nc2,a2,y,ho\n"
    found = read(tmp_path, creators=CREATORS, posts=POSTS, comments=comments)
    assert found.comments["comment"].tolist() == ["c1"]
    assert found.elsewhere["comments"]["comment"].tolist() == ["c2"]
    assert len(found.whole("comments")) == 2


@pytest.mark.parametrize(
    ("link", "platform"),
    [
        ("https://www.tiktok.com/@mona/video/7370520570070338859", "tiktok"),
        ("youtube.com/@mona", "youtube"),
        ("https://youtu.be/dQw4w9WgXcQ", "youtube"),
        ("https://m.facebook.com/mona/posts/1", "facebook"),
        ("https://www.instagram.com/p/C123/", "instagram"),
        ("https://shop.example/tiktok.com", "instagram"),
        ("https://nottiktok.com/@mona", "instagram"),
        ("", "instagram"),
    ],
)
def test_where_no_column_tells_the_link_does(tmp_path, link, platform):
    posts = f"post_id,username,posted_at,likes,comments,permalink\na1,mona,2026-10-01,1,1,{link}\n"
    creators = f"username,followers,profile_url\nmona,4100,{link}\n"
    raw = sources.folder(folder(tmp_path, creators=creators, posts=posts))
    found = tables.validated(raw, whole=False)
    assert found.whole("posts")["platform"].tolist() == [platform]
    assert found.whole("creators")["platform"].tolist() == [platform]


def test_a_profile_address_in_place_of_a_name_tells_its_platform(tmp_path):
    creators = "Creator,Followers\nhttps://www.tiktok.com/@mona,91000\nhttps://instagram.com/mona/,4100\n"
    found = tables.validated(sources.folder(folder(tmp_path, creators=creators)), whole=False)
    assert found.whole("creators")[["creator", "platform", "followers"]].values.tolist() == [
        ["mona", "instagram", 4100],
        ["mona", "tiktok", 91000],
    ]


def test_a_scraper_of_tiktok_is_known_by_its_header(tmp_path):
    video = {"authorMeta": {"name": "mona", "fans": 91000}, "diggCount": 310, "shareCount": 5, "playCount": 9}
    video |= {"commentCount": 7, "collectCount": 2, "createTimeISO": "2026-10-01T01:44:18.000Z"}
    video |= {"webVideoUrl": "https://www.tiktok.com/@mona/video/7370520570070338859"}
    (tmp_path / "videos.json").write_text(json.dumps([video]))
    (row,) = tables.validated(sources.folder(tmp_path), whole=False).elsewhere["posts"].itertuples()
    assert (row.post, row.creator, row.platform) == ("7370520570070338859", "mona", "tiktok")
    assert (row.likes, row.comments, row.saves, row.shares, row.views) == (310, 7, 2, 5, 9)


def test_several_platforms_in_one_cell_count_as_ours_and_are_told(tmp_path):
    creators = (
        'handle,platform,followers\nmona,"Instagram, TikTok",4100\nlee,TikTok / YouTube,9\nvera,Bebo,8\n'
    )
    found = tables.validated(sources.folder(folder(tmp_path, creators=creators)), whole=False)
    assert found.whole("creators")["platform"].tolist() == ["instagram", "tiktok", "bebo"]
    assert found.ledger["reason"].tolist() == [platforms.SEVERAL]


def test_data_of_another_platform_alone_are_an_error_that_says_so(tmp_path):
    with pytest.raises(InputError, match=r"no posts of instagram, which every figure is of: .* 1 of tiktok"):
        read(tmp_path, creators=CREATORS, posts=POSTS.splitlines()[0] + "\na2,mona,tiktok,2026-10-02,9,4\n")


CONTACTS = """handle,platform,campaign,contacted_at,replied,accepted,posted
mona,Instagram,autumn,2026-10-01,yes,yes,yes
mona,TikTok,autumn,2026-10-02,no,no,no
vera,YouTube,autumn,2026-10-03,yes,no,no
lee,,autumn,2026-10-04,no,no,no
"""


def test_contacts_on_another_platform_are_none_of_the_funnel_here(tmp_path):
    found = read(tmp_path, creators=CREATORS, posts=POSTS, contacts=CONTACTS)
    assert found.outreach[["creator", "replied"]].values.tolist() == [["mona", True], ["lee", False]]
    assert found.elsewhere["outreach"]["platform"].tolist() == ["tiktok", "youtube"]
    assert found.ledger.empty  # one contact of mona on each platform is no repeat
    told = dataset.abroad(found).split("; ")
    assert told == [f"{name}: 1 creators, 1 posts, 1 outreach" for name in ("tiktok", "youtube")]
    store.write(tmp_path / "s", found, as_of=DAY, inputs={"a": "0" * 64})
    back = store.read(tmp_path / "s")
    assert sorted(back.outreach["creator"]) == ["lee", "mona"]
    assert len(back.elsewhere["outreach"]) == 2


def test_a_list_of_creators_with_a_status_tracks_each_on_its_platform(tmp_path):
    names = "Handle,Platform,Followers,Status\n"
    listed = names + "mona,TikTok,91000,Posted\nmona,Instagram,4100,Declined\nlee,Instagram,2300,Posted\n"
    found = tables.validated(sources.folder(folder(tmp_path, list=listed)), whole=False)
    assert dict(zip(found.outreach["creator"], found.outreach["posted"], strict=True)) == {
        "mona": False,
        "lee": True,
    }
    assert found.elsewhere["outreach"]["creator"].tolist() == ["mona"]


NAMES = st.sampled_from(["anna", "berta"])
ROWS = st.lists(st.tuples(NAMES, st.sampled_from(["Instagram", "tiktok", "", "YouTube"]), st.integers(1, 99)))


@pytest.mark.slow
@given(ROWS)
def test_rows_of_other_platforms_change_nothing_that_is_analysed(rows):
    def roster(kept):
        cells = [{"creator": who, "platform": on, "followers": str(count)} for who, on, count in kept]
        frame = pd.DataFrame(cells, columns=["creator", "platform", "followers"], dtype="str")
        raw = sources.RawFile("a.csv", "creators", frame.rename_axis("line"), (), ())
        return tables.validated([raw], whole=False)

    every, own = roster(rows), roster([row for row in rows if row[1] in ("Instagram", "")])
    pd.testing.assert_frame_equal(tables.roster(every), tables.roster(own))
    assert every.counts[["kept", "repaired", "refused"]].to_numpy().sum() == len(rows)


def test_a_store_keeps_all_platforms_and_reads_one(tmp_path):
    found = read(tmp_path, creators=CREATORS, posts=POSTS)
    store.write(tmp_path / "s", found, as_of=DAY, inputs={"a": "0" * 64})
    back = store.read(tmp_path / "s")
    assert back.creators["creator"].tolist() == ["lee", "mona"]
    assert back.posts["post"].tolist() == ["a1", "a3"]
    assert dataset.abroad(back) == dataset.abroad(found)
    assert store.elsewhere(tmp_path / "s").values.tolist() == [
        *(["tiktok", "creators", 1], ["tiktok", "posts", 1]),
        *(["youtube", "creators", 1], ["youtube", "posts", 1]),
    ]
    files = store.merged_files(tmp_path / "s", tmp_path)
    rows = duckdb.read_parquet(str(files["posts"])).select("post").fetchall()
    assert rows == [("a1",), ("a3",)]
