"""Proves that every format is recognised by its content, by one reader, and arrives cell by cell."""

import json
import lzma
import shutil

import pytest

from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.ingest import formats, headers, sources
from nanospread.ingest.files import Export

EXPORTS = paths.ROOT / "tests" / "fixtures" / "exports"

# fixture -> its one reader, and the tables that it holds
READERS = {
    "apify_posts.csv": ("apify", ["posts"]),
    "apify_posts.json": ("apify", ["posts"]),
    "apify_profiles.csv": ("apify", ["creators", "posts", "posts"]),
    "apify_profiles.json": ("apify", ["creators", "posts"]),
    "business_suite_de.csv": ("business-suite", ["posts"]),
    "business_suite_en.csv": ("business-suite", ["posts"]),
    "business_suite_old.csv": ("business-suite", ["posts"]),
    "business_suite_sv.csv": ("business-suite", ["posts"]),
    **{f"business_suite_{to}.csv": ("business-suite", ["posts"]) for to in ("es", "fr", "it", "pt")},
    "canonical_creators.tsv": ("csv", ["creators"]),
    "canonical_posts.csv": ("csv", ["posts"]),
    "creators_hypeauditor_like.csv": ("creator-list", ["creators"]),
    "creators_inbeat_like.csv": ("creator-list", ["creators"]),
    "creators_modash_like.csv": ("creator-list", ["creators"]),
    "flat_creators.json": ("json", ["creators"]),
    "flat_posts.jsonl": ("json", ["posts"]),
    "graph_discovery.json": ("graph", ["creators", "posts"]),
    "graph_insights.json": ("graph", ["posts"]),
    "insightiq_profile.json": ("insightiq", ["creators"]),
    "modash_report.json": ("modash", ["creators"]),
    "nested_accounts.json": ("nested", ["creators", "posts"]),
    "orders/amazon_associates.csv": ("amazon-associates", ["orders"]),
    "orders/amazon_associates_de.tsv": ("amazon-associates", ["orders"]),
    "orders/amazon_attribution.json": ("amazon-attribution", ["orders"]),
    "orders/awin.csv": ("awin", ["orders"]),
    "orders/awin.json": ("awin", ["orders"]),
    "orders/ga4.csv": ("ga4", ["orders"]),
    "orders/ga4_api.json": ("ga4", ["orders"]),
    "orders/ga4_by_hour.csv": ("ga4", ["orders"]),
    "orders/ga4_ko.csv": ("ga4", ["orders"]),
    "orders/ga4_transactions.csv": ("ga4", ["orders"]),
    "orders/goaffpro.json": ("goaffpro", ["orders"]),
    "orders/impact.json": ("impact", ["orders"]),
    "orders/rakuten.csv": ("rakuten", ["orders"]),
    "orders/refersion.json": ("refersion", ["orders"]),
    "orders/shopify_by_discount.csv": ("shopify-analytics", ["orders"]),
    "orders/shopify_by_utm - 2026-10-01 - 2026-10-31.csv": ("shopify-analytics", ["orders"]),
    "orders/shopify_graphql.json": ("shopify-graphql", ["orders"]),
    "orders/shopify_graphql_bulk.jsonl": ("shopify-graphql", ["orders"]),
    "orders/shopify_orders.csv": ("shopify", ["orders"]),
    "orders/shopify_orders_2012.csv": ("shopify", ["orders"]),
    "orders/shopify_over_time.csv": ("shopify-analytics", ["orders"]),
    "orders/shopify_variants.csv": ("shopify-analytics", ["orders"]),
    "orders/social_snowball-export-1790935774.csv": ("social-snowball", ["orders"]),
    "orders/uppromote.json": ("uppromote", ["orders"]),
    "orders/woocommerce_coupons.csv": ("woocommerce", ["orders"]),
    "orders/woocommerce_orders.csv": ("woocommerce", ["orders"]),
    "orders/woocommerce_orders_fr.csv": ("woocommerce", ["orders"]),
    "orders/woocommerce_plugin.csv": ("woocommerce", ["orders"]),
    "orders/woocommerce_rest.json": ("woocommerce", ["orders"]),
    "parallel_accounts.json": ("parallel", ["creators", "posts"]),
    "sidecars/anna_bakes/2026-03-01_10-00-00_UTC.json": ("instaloader", ["posts"]),
    "sidecars/anna_bakes/anna_bakes_900001.json": ("instaloader", ["creators"]),
    "sidecars/anna_bakes/bare.json": ("instaloader", ["posts"]),
    "titled_report.csv": ("titled", ["creators", "posts"]),
    "wide_named.csv": ("wide", ["posts", "posts"]),
    "wide_numbered.csv": ("wide", ["creators", "posts", "posts"]),
}


def read(name, **more):
    return sources.read([EXPORTS / name], **more)


def cells(raw):
    """Return the filled cells of each line."""
    rows = raw.rows.to_dict("index")
    return {line: {c: text for c, text in row.items() if text} for line, row in rows.items()}


@pytest.mark.parametrize("name", READERS)
def test_one_reader_recognises_each_fixture_and_finds_its_tables(name):
    export = Export(EXPORTS / name, name)
    own = [
        reader.NAME
        for reader in formats.readers().values()
        if reader not in formats.GENERAL and reader.recognised(export)
    ]
    reader, tables = READERS[name]
    assert own == ([] if reader in ("csv", "json") else [reader])
    assert reader == formats.reader(export).NAME
    assert [raw.table for raw in read(name)] == tables
    assert [raw.table for raw in read(name, format=reader)] == tables


def test_every_fixture_is_listed_and_every_reader_has_one():
    there = {file.relative_to(EXPORTS).as_posix() for file in EXPORTS.rglob("*") if file.is_file()}
    story = "sidecars/anna_bakes/2026-03-02_story.json"
    assert there == {*READERS, story}
    made_here = {"xlsx", "parquet"}
    assert {reader for reader, _ in READERS.values()} | made_here == set(formats.readers())


def test_content_and_not_the_name_says_what_a_file_is(tmp_path):
    for name, other in [("apify_posts.json", "export.txt"), ("business_suite_de.csv", "a.dat")]:
        shutil.copy(EXPORTS / name, tmp_path / other)
        (raw,) = sources.read([tmp_path / other])
        assert raw.rows.equals(read(name)[0].rows)


def test_a_reader_is_added_with_one_file(tmp_path, monkeypatch):
    (tmp_path / "likes_board.py").write_text(
        "from nanospread.ingest.sheets import Sheet\n"
        "NAME = 'likes-board'\n"
        "WHAT = 'boards'\n"
        "def recognised(export): return export.kind == 'text' and export.has('board')\n"
        "def sheets(export): yield Sheet('', ((2, ['a', '9']),), ('creator', 'followers'))\n",
        encoding="utf-8",
    )
    (tmp_path / "board.csv").write_text("Board\nx\n", encoding="utf-8")
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    (raw,) = sources.read([tmp_path / "board.csv"])
    assert cells(raw) == {2: {"creator": "a", "followers": "9"}}
    assert "likes-board" in formats.readers()


def test_a_format_that_is_named_must_exist_and_be_the_files():
    with pytest.raises(InputError, match="unknown format 'apfy'; did you mean 'apify'"):
        read("apify_posts.json", format="apfy")
    with pytest.raises(InputError, match=r"canonical_posts\.csv: no apify export \(Apify"):
        read("canonical_posts.csv", format="apify")
    (raw,) = read("apify_posts.csv", format="csv")
    assert raw.refused == ()  # as a plain table it has an error row among its rows
    assert len(raw.rows) == 2


def test_a_file_that_two_readers_claim_is_an_error_that_asks_which(tmp_path, monkeypatch):
    (tmp_path / "second.py").write_text(
        "NAME = 'second'\nWHAT = ''\ndef recognised(export): return True\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    asked = r"apify_posts\.json: may be apify or second; `nanospread ingest --format` says which"
    with pytest.raises(InputError, match=asked):
        read("apify_posts.json")


POST = {
    "post": "C9fixture01",
    "creator": "anna_bakes",
    "posted_at": "1772359200",
    "likes": "412",
    "comments": "17",
    "sponsored": "no",
    "caption": "Rye, again 🍞\nslow",
}
REEL = {
    "post": "C9fixture02",
    "creator": "anna_bakes",
    "posted_at": "1772445600",
    "likes": "-1",
    "comments": "3",
    "sponsored": "yes",
    "views": "2201",
}


def test_sidecars_of_a_folder_become_one_raw_file_for_each_table():
    posts, creators = sources.folder(EXPORTS / "sidecars")
    assert posts.file == "anna_bakes/ (2 sidecars, posts)"
    assert posts.names == ("anna_bakes/2026-03-01_10-00-00_UTC.json", "anna_bakes/bare.json")
    assert cells(posts) == {1: POST, 2: REEL}
    assert posts.ignored == ("anna_bakes/2026-03-02_story.json (StoryItem)",)
    assert cells(creators) == {
        1: {"creator": "anna_bakes", "followers": "4300", "following": "512", "niche": "Food"}
    }
    assert creators.file == "anna_bakes/anna_bakes_900001.json"


def test_a_packed_sidecar_is_read_as_the_plain_one_and_a_broken_one_is_refused(tmp_path):
    place = tmp_path / "exports" / "anna"
    place.mkdir(parents=True)
    plain = (EXPORTS / "sidecars/anna_bakes/2026-03-01_10-00-00_UTC.json").read_bytes()
    (place / "1.json.xz").write_bytes(lzma.compress(plain))
    (place / "2.json.xz").write_bytes(lzma.compress(plain)[:-40])
    (place / "3.json").write_bytes(plain[:200])
    (place / "4.json").write_text('{"a": ', encoding="utf-8")  # no sidecar: left alone
    (place / "notes.csv").write_text("post,creator\n", encoding="utf-8")  # fits no table: stops nothing here
    raw, *aside = sources.folder(tmp_path / "exports")
    assert [of.file for of in aside] == ["anna/4.json", "anna/notes.csv"]
    assert cells(raw) == {1: POST}
    (cut, broken) = raw.refused
    assert cut == (2, "anna/2.json.xz: a cut .xz file")
    assert broken[1].startswith("anna/3.json: broken JSON: Expecting value: line 6")
    assert [raw.names[line - 1] for line, _ in raw.refused] == ["anna/2.json.xz", "anna/3.json"]


def test_of_a_sub_folder_the_sidecars_alone_are_used_and_nothing_of_a_store(tmp_path):
    sidecar = (EXPORTS / "sidecars/anna_bakes/2026-03-01_10-00-00_UTC.json").read_bytes()
    for name in ("anna", "store/snapshots/one", "notes"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "posts.csv").write_bytes((EXPORTS / "canonical_posts.csv").read_bytes())
    (tmp_path / "anna/1.json").write_bytes(sidecar)
    (tmp_path / "anna/2.json.xz").write_bytes(lzma.compress(sidecar)[:-40])  # refused, and so told
    (tmp_path / "anna/3.json").write_text('{"a": 1}', encoding="utf-8")
    (tmp_path / "notes/store.txt").write_text("{}", encoding="utf-8")
    (tmp_path / "store/store.json").write_text('{"version": 1}', encoding="utf-8")
    (tmp_path / "store/snapshots/one/manifest.json").write_bytes(sidecar)
    found = sources.files_of([tmp_path], None)
    assert [file.name for file in found] == ["posts.csv", "anna/1.json", "anna/2.json.xz", "anna/3.json"]
    names = [file.name for file in sources.used(found)]
    assert names == ["posts.csv", "anna/1.json", "anna/2.json.xz"]
    raws = sources.folder(tmp_path)
    assert {raw.file for raw in raws if not raw.names} | {n for raw in raws for n in raw.names} == set(names)
    assert [file.name for file in sources.used(found, "csv")] == ["posts.csv"]


def test_a_story_alone_is_an_error_that_says_what_it_is():
    with pytest.raises(InputError, match=r"no post and no profile: 2026-03-02_story\.json \(StoryItem\)"):
        read("sidecars/anna_bakes/2026-03-02_story.json")


def test_apify_posts_keep_hidden_likes_and_owners_and_refuse_error_rows():
    (raw,) = read("apify_posts.json")
    assert cells(raw) == {
        1: {
            "post": "C9fixture01",
            "creator": "anna_bakes",
            "posted_at": "2026-03-01T10:00:00.000Z",
            "likes": "412",
            "comments": "15",
            "sponsored": "no",
            "caption": "Rye, again",
            "permalink": "https://www.instagram.com/p/C9fixture01/",
        },
        3: {  # found on anna's page, posted by ben: a collaboration
            "post": "C9fixture03",
            "creator": "ben.runs",
            "posted_at": "2026-03-03T10:00:00.000Z",
            "likes": "-1",
            "comments": "1",
            "sponsored": "yes",
            "views": "950",
            "permalink": "https://www.instagram.com/p/C9fixture03/",
        },
    }
    assert raw.refused == ((2, "not_found: Post does not exist"),)


def test_apify_csv_says_the_same_as_json():
    (raw,) = read("apify_posts.csv")
    assert cells(raw)[2] == cells(read("apify_posts.json")[0])[1] | {"sponsored": "false"}
    assert raw.refused == ((3, "not_found: Post does not exist"),)


def test_latest_posts_of_apify_profiles_are_posts():
    creators, posts = read("apify_profiles.json")
    assert cells(creators) == {
        1: {
            "creator": "anna_bakes",
            "followers": "4300",
            "following": "512",
            "niche": "Food",
            "link": "https://www.instagram.com/anna_bakes",  # which tells the platform
        },
        3: {"creator": "ben.runs", "followers": "9100", "following": "80"},
    }
    assert creators.refused == ((2, "profile_unavailable: Private"),)
    assert posts.file == "apify_profiles.json [latestPosts]"
    assert [(row["post"], row.get("likes")) for row in cells(posts).values()] == [
        ("C9fixture01", "412"),
        ("C9fixture02", None),
    ]
    _, first, second = read("apify_profiles.csv")
    assert list(first.rows["post"]) == ["C9fixture01", "C9fixture09"]
    assert cells(second) == {
        2: {
            "post": "C9fixture02",
            "creator": "anna_bakes",
            "posted_at": "2026-03-02T10:00:00.000Z",
            "likes": "-1",
            "comments": "3",
        }
    }


def test_a_dataset_of_errors_alone_is_refused_row_by_row(tmp_path):
    rows = [
        {"error": "not_found", "inputUrl": "https://x"},
        {"error": "", "errorDescription": "y", "inputUrl": ""},
    ]
    (tmp_path / "e.json").write_text(json.dumps(rows), encoding="utf-8")
    (raw,) = sources.folder(tmp_path)
    assert (raw.table, len(raw.rows), raw.refused) == ("posts", 0, ((1, "not_found"), (2, "y")))


def test_business_discovery_gives_an_account_and_its_media():
    creators, posts = read("graph_discovery.json")
    assert cells(creators) == {1: {"creator": "anna_bakes", "followers": "4300", "following": "512"}}
    assert cells(posts) == {
        1: {
            "post": "17890000000000000001",
            "creator": "anna_bakes",
            "posted_at": "2026-03-01T10:00:00+0000",
            "likes": "412",
            "comments": "15",
            "caption": "Rye",
            "permalink": "https://www.instagram.com/p/C9fixture01/",
        },
        2: {  # no like_count: hidden
            "post": "17890000000000000002",
            "creator": "anna_bakes",
            "posted_at": "2026-03-02T10:00:00+0000",
            "comments": "3",
            "views": "950",
            "permalink": "https://www.instagram.com/reel/C9fixture02/",
        },
    }


def test_answers_of_the_graph_api_come_as_a_list_too_and_an_error_is_refused(tmp_path):
    one = json.loads((EXPORTS / "graph_discovery.json").read_text(encoding="utf-8"))
    error = {"error": {"message": "Invalid user id", "code": 110}}
    (tmp_path / "answers.jsonl").write_text(json.dumps(one) + "\n" + json.dumps(error), encoding="utf-8")
    creators, posts = sources.folder(tmp_path)
    assert creators.refused == ((2, "Invalid user id"),)
    assert len(posts.rows) == 2


def test_insights_of_ones_own_media_are_columns():
    (raw,) = read("graph_insights.json")
    assert cells(raw)[1] == {
        "post": "17890000000000000001",
        "creator": "anna_bakes",
        "posted_at": "2026-03-01T10:00:00+0000",
        "likes": "412",
        "comments": "15",
        "caption": "Rye",
        "permalink": "https://www.instagram.com/p/C9fixture01/",
        "reach": "3100",
        "views": "5200",
        "saves": "21",
        "shares": "9",
    }


SUITE = {
    "post": "17890000000000000001",
    "creator": "anna_bakes",
    "likes": "412",
    "comments": "15",
    "shares": "9",
    "permalink": "https://www.instagram.com/p/C9fixture01/",
}


@pytest.mark.parametrize(
    ("name", "more"),
    [
        (
            "business_suite_en.csv",
            {
                "posted_at": "03/21/2026 10:00",
                "views": "5,200",
                "reach": "3100",
                "saves": "21",
                "caption": "Rye, again\nslow",
            },
        ),
        (
            "business_suite_de.csv",
            {
                "posted_at": "21.03.2026 10:00",
                "views": "5.200",
                "reach": "3.100",
                "saves": "21",
                "caption": "Roggen",
            },
        ),
        (
            "business_suite_sv.csv",
            {"posted_at": "2026-03-21 10:00", "views": "5200", "reach": "3100", "caption": "Råg"},
        ),
        *(
            (
                f"business_suite_{language}.csv",
                {"posted_at": "03/21/2026 10:00", "views": "5200", "reach": "3100", "saves": "21"}
                | {"caption": word},
            )
            for language, word in {"pt": "Centeio", "es": "Centeno", "fr": "Seigle", "it": "Segale"}.items()
        ),
    ],
)
def test_business_suite_is_read_in_seven_languages(name, more):
    (raw,) = read(name)
    assert cells(raw) == {2: SUITE | more}


def test_older_business_suite_exports_have_impressions():
    (raw,) = read("business_suite_old.csv")
    assert cells(raw)[2]["impressions"] == "6100"


def test_a_row_of_business_suite_that_counts_a_day_is_refused():
    (raw,) = read("business_suite_en.csv")
    assert raw.refused == ((4, "counts of one day, not of the post's whole life"),)


def test_flat_creator_lists_give_handle_followers_and_rate_and_no_contact_data():
    (hype,) = read("creators_hypeauditor_like.csv")
    assert cells(hype) == {
        2: {"creator": "anna_bakes", "followers": "4.3k", "niche": "Food", "reported_er": "4.2%"},
        3: {"creator": "big.star", "followers": "48.5M", "niche": "Music", "reported_er": "NaN%"},
    }
    (modash,) = read("creators_modash_like.csv")
    assert cells(modash) == {2: {"creator": "anna_bakes", "followers": "4300", "reported_er": "0.0419"}}
    assert "contact email (left out: contact data)" in modash.ignored
    (inbeat,) = read("creators_inbeat_like.csv")
    assert cells(inbeat) == {
        2: {
            "creator": "https://www.instagram.com/anna_bakes/",
            "followers": "4300",
            "following": "512",
            "niche": "Food",
            "link": "https://www.instagram.com/anna_bakes/",
        }
    }
    assert inbeat.ignored[:2] == ("E-mail (left out: contact data)", "Phone number (left out: contact data)")


def test_contact_data_come_apart_and_only_those_asked_for_by_kind():
    (raw,) = read("creators_inbeat_like.csv", contacts=("email",))
    assert raw.contacts.to_dict("index") == {2: {"email": "anna@example.org"}}
    assert "email" not in raw.rows
    assert raw.ignored[0] == "Phone number (left out: contact data)"
    assert read("creators_hypeauditor_like.csv", contacts=("email",))[0].contacts is None
    with pytest.raises(InputError, match="unknown kind of contact data 'mail'; did you mean 'email'"):
        read("creators_inbeat_like.csv", contacts=("mail",))


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("E-Mail", "email"),
        ("Contact Email 2", "email"),
        ("public_email", "email"),
        ("Telefonnummer", "phone"),
        ("WhatsApp", "phone"),
        ("shipping_address.line1", "address"),
        ("Date of birth", "birth"),
        ("VAT ID", "tax"),
        ("IBAN", "bank"),
        ("ownerFullName", "name"),
        ("username", ""),
        ("female share", ""),
        ("caption", ""),
        ("Account", ""),
    ],
)
def test_contact_data_are_told_by_their_header(header, kind):
    assert headers.contact(header) == kind


def test_no_declared_header_is_contact_data():
    for columns in headers._synonyms().values():
        assert [name for names in columns.values() for name in names if headers.contact(name)] == []


def test_a_mapping_cannot_make_contact_data_a_column(tmp_path):
    (tmp_path / "a.csv").write_text("E-Mail,followers\na@example.org,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="'E-Mail' holds contact data, which no column may hold"):
        sources.folder(tmp_path, {"a.csv": {"table": "creators", "columns": {"creator": "E-Mail"}}})


def test_reports_of_modash_and_insightiq_say_that_their_rate_is_a_fraction():
    (modash,) = read("modash_report.json")
    assert cells(modash) == {
        1: {
            "creator": "anna_bakes",
            "followers": "4300",
            "reported_er": "0.0027906976744186",
            "link": "https://www.instagram.com/anna_bakes",
        }
    }
    (insightiq,) = read("insightiq_profile.json")
    assert cells(insightiq) == {
        1: {"creator": "anna_bakes", "followers": "4300", "following": "512", "reported_er": "1.913955"},
        2: {"creator": "anna_bakes", "as_of": "2026-01-01", "followers": "3900", "following": "500"},
        3: {"creator": "anna_bakes", "as_of": "2026-02-01", "followers": "4100", "following": "505"},
    }
    assert modash.settings == insightiq.settings == {"reported_er": "fraction"}


def test_a_wide_sheet_gives_accounts_and_posts_on_the_line_of_their_account():
    creators, first, second = read("wide_numbered.csv")
    assert cells(creators) == {
        2: {"creator": "anna_bakes", "followers": "4300", "niche": "food"},
        3: {"creator": "ben.runs", "followers": "9100", "niche": "sport"},
    }
    assert creators.refused == ((4, "2 cells where the header has 9"),)
    assert first.file == "wide_numbered.csv [post 1]"
    assert cells(first)[3] == {
        "post": "ben.runs 2026-03-04",
        "creator": "ben.runs",
        "posted_at": "2026-03-04",
        "likes": "77",
        "comments": "0",
    }
    assert list(second.rows.index) == [2]  # ben has one post: the blank group is none
    # a second post of the same day
    assert second.rows.loc[2, "post"] == "anna_bakes 2026-03-01 2"


def test_a_wide_sheet_without_follower_counts_gives_posts_and_tells_the_rest():
    first, second = read("wide_named.csv")
    assert cells(second) == {
        3: {
            "post": "https://www.instagram.com/p/C9fixture02/",
            "creator": "anna_bakes",
            "posted_at": "2026-03-02",
            "likes": "398",
            "comments": "3",
            "permalink": "https://www.instagram.com/p/C9fixture02/",
        }
    }
    assert first.ignored == ("line 1 above the header: Creator export 2026",)


def test_posts_inside_accounts_are_the_accounts():
    creators, posts = read("nested_accounts.json")
    assert cells(creators) == {
        1: {"creator": "anna_bakes", "followers": "4300", "niche": "food"},
        2: {"creator": "ben.runs", "followers": "9100"},
    }
    assert cells(posts) == {
        1: {
            "post": "p1",
            "creator": "anna_bakes",
            "posted_at": "2026-03-01",
            "likes": "412",
            "comments": "15",
            "views": "1e3",
        },
        2: {
            "post": "anna_bakes 2026-03-02",
            "creator": "anna_bakes",
            "posted_at": "2026-03-02",
            "comments": "3",
        },
    }


def test_the_nth_values_of_parallel_lists_are_the_nth_post(tmp_path):
    creators, posts = read("parallel_accounts.json")
    assert cells(creators) == {
        1: {"creator": "nora.k", "followers": "4200"},
        2: {"creator": "otto_l", "followers": "900"},
    }
    assert list(cells(posts)) == [1, 2, 3, 4]
    assert cells(posts)[3] == {
        "post": "nora.k 1772172800",
        "creator": "nora.k",
        "posted_at": "1772172800",
        "likes": "95",
        "comments": "3",
    }
    odd = [{"username": "a", "herzen": [1, 2], "worte": [3, 4], "wann": ["2026-03-01", "2026-03-02"]}]
    odd.append({"username": "b", "herzen": [1, 2], "worte": [3]})
    (tmp_path / "x.json").write_text(json.dumps(odd), encoding="utf-8")
    columns = {"likes": "herzen", "comments": "worte", "posted_at": "wann"}
    (raw,) = sources.folder(tmp_path, {"x.json": {"table": "posts", "columns": columns}})
    assert raw.rows["likes"].tolist() == ["1", "2"]
    assert raw.refused == ((3, "lists of 1, 2 values, which are no posts"),)


def test_accounts_under_their_names_are_accounts_too(tmp_path):
    posts = [{"id": "1", "date": "2026-03-01", "likes": 1, "comments": 2}]
    held = {"anna": {"followers": 10, "posts": posts}, "ben": {"followers": 20, "posts": []}}
    (tmp_path / "a.json").write_text(json.dumps(held), encoding="utf-8")
    creators, read_posts = sources.folder(tmp_path)
    assert list(creators.rows["creator"]) == ["anna", "ben"]
    assert cells(read_posts)[1]["creator"] == "anna"


def test_json_lines_keep_numbers_as_they_stand_and_refuse_what_is_no_record():
    (raw,) = read("flat_posts.jsonl")
    assert cells(raw) == {
        1: {
            "post": "17890123456789012345",
            "creator": "anna_bakes",
            "posted_at": "1772359200",
            "likes": "412",
            "comments": "1e3",
            "sponsored": "yes",
        },
        5: {"post": "c", "creator": "ben.runs", "posted_at": "1772359400", "likes": "NaN", "comments": "3"},
    }
    assert raw.refused == (
        (3, "a name given twice in one object"),
        (4, "broken JSON: Expecting value"),
    )
    assert raw.ignored == ("tags",)


def test_a_list_in_an_object_is_its_records_and_lists_of_texts_are_joined():
    (raw,) = read("flat_creators.json")
    assert cells(raw)[1] == {"creator": "anna_bakes", "followers": "4300", "niche": "food, bread"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2", r"broken JSON: Expecting ',' delimiter: line 1 column 6"),
        ("{}", "fit no table"),
        ("[]", "fit no table"),
        ("[[1]]", "fit no table"),
        ('[{"a": {"b": [1, {"c": 2}]}}]', "fit no table"),
    ],
)
def test_json_that_holds_nothing_of_ours_is_an_error_on_one_line(tmp_path, text, message):
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as raised:
        sources.folder(tmp_path)
    assert "\n" not in str(raised.value)


def test_halves_of_characters_are_replaced(tmp_path):
    (tmp_path / "x.json").write_text('[{"username": "a\\ud83c", "followers": 1}]', encoding="utf-8")
    (raw,) = sources.folder(tmp_path)
    assert cells(raw)[1]["creator"] == "a\ufffd"


def test_a_mapping_names_the_dotted_names_of_json(tmp_path):
    (tmp_path / "x.json").write_text('[{"who": {"at": "anna"}, "fans": 10}]', encoding="utf-8")
    mapping = {"x.json": {"columns": {"creator": "who.at", "followers": "fans"}, "reported_er": "percent"}}
    (raw,) = sources.folder(tmp_path, mapping)
    assert cells(raw) == {1: {"creator": "anna", "followers": "10"}}
    assert raw.settings == {"reported_er": "percent"}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in READERS if name.endswith((".json", ".jsonl"))])
@pytest.mark.parametrize("odd", [{"a": 1}, [{"a": 1}], None, "x", [], True, {"a": 1, "b": {"c": [{}]}}])
def test_a_value_of_another_kind_anywhere_is_never_a_traceback(tmp_path, name, odd):
    lines = (EXPORTS / name).read_text(encoding="utf-8").splitlines()
    whole = json.loads(lines[0]) if name.endswith("l") else json.loads("\n".join(lines))
    for at, changed in enumerate(_each_changed(whole, odd)):
        (tmp_path / f"{at}.json").write_text(json.dumps(changed), encoding="utf-8")
        raws, told = (), ""
        try:
            raws = sources.read([tmp_path / f"{at}.json"])
        except InputError as error:
            told = str(error)
        assert "\n" not in told
        assert all(raw.rows.index.is_unique for raw in raws)


def _each_changed(value, odd):
    """Yield the value with each part of it, however deep, replaced."""
    yield odd
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in items:
        for changed in _each_changed(held, odd):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = changed
            yield copy


def test_a_report_of_several_titled_tables_is_read_table_by_table_under_their_titles(tmp_path):
    creators, posts = read("titled_report.csv")
    assert creators.file == "titled_report.csv [Influencer Summary]"
    assert cells(creators)[5] == {"creator": "@anna_bakes", "followers": "8,400"}  # no display name
    assert creators.refused == ((7, "a row of totals, no row of its own"),)
    assert creators.ignored[-1] == "line 1 above the header: Lights Campaign Report"
    assert posts.file == "titled_report.csv [Post Performance]"
    assert cells(posts)[11]["likes"] == "412"
    shutil.copy(EXPORTS / "titled_report.csv", tmp_path)
    said = {"campaign": {"value": "lights"}, "cost": "Paid (INR)", "revenue": "Revenue (INR)"}
    (tmp_path / "mapping.yaml").write_text(
        json.dumps({
            "titled_report.csv [Influencer Summary]": [
                {"table": "creators"}, {"table": "results", "columns": {"creator": "Handle", **said}}
            ]
        }),
        encoding="utf-8",
    )  # fmt: skip
    by_table = {raw.table: raw for raw in sources.folder(tmp_path)}
    assert set(by_table) == {"creators", "posts", "results"}
    assert cells(by_table["results"])[5] == {
        "campaign": "lights",
        "creator": "@anna_bakes",
        "cost": "12,000",
        "orders": "14",
        "revenue": "31,500",
    }


def test_lines_of_one_cell_make_no_report_where_no_second_table_follows(tmp_path):
    (tmp_path / "list.csv").write_text(
        "My list\ncreator,followers\nanna,4300\nben\nben,2000\n", encoding="utf-8"
    )
    (raw,) = sources.folder(tmp_path)
    assert raw.file == "list.csv"
    assert raw.rows["creator"].tolist() == ["anna", "ben"]
    assert raw.refused == ((4, "1 cell where the header has 2"),)
