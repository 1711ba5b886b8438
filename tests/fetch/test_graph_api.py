"""Proves that the fake Graph API answers as Meta's documents say, and each fault is what its name says."""

import json
from datetime import timedelta

import httpx
import pytest

import graph_faults as faults
import graph_world
from graph_api import APP_ID, APP_SECRET, TOKEN, GraphApi, Limits, cursor, proof
from graph_world import OWN_ID, World

PAGE = "business_discovery.username({}){{username,followers_count,media.limit({}){{id,like_count}}}}"
FIRST_ID = "18000000000000000"


@pytest.fixture
def api():
    with GraphApi(World()) as one:
        yield one


@pytest.fixture
def client(api):
    with httpx.Client(base_url=api.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5) as one:
        yield one


def answered(client, path, **parameters):
    return client.get(f"/v26.0/{path}", params=parameters).json()


def discovered(client, name, limit=25, more=""):
    fields = PAGE.format(name, limit).replace("media.", f"media{more}.")
    return answered(client, OWN_ID, fields=fields)


def refused(client, path, **parameters):
    """Return the code, subcode and message of an error."""
    error = answered(client, path, **parameters)["error"]
    return error["code"], error.get("error_subcode"), error["message"]


def test_what_is_discovered_is_the_account_and_a_page_of_media_with_a_cursor_but_no_next(client):
    found = discovered(client, "creator_00003", 2)["business_discovery"]
    assert found["username"] == "creator_00003"
    assert found["media"] == {
        "data": [
            {"id": "18000000000300000", "like_count": 136},
            {"id": "18000000000300001", "like_count": 406},
        ],
        "paging": {"cursors": {"after": cursor(2)}},
    }
    assert int(found["id"]) > 2**53


def test_pages_of_discovery_together_hold_every_medium_once_and_the_last_has_no_cursor_after_it(client):
    ids, more = [], ""
    for page in range(5):
        media = discovered(client, "creator_00001", 9, more)["business_discovery"]["media"]
        ids += [one["id"] for one in media["data"]]
        after = media["paging"]["cursors"].get("after")
        assert bool(after) == (page < 4)
        more = f".after({after})"
    assert len(ids) == len(set(ids)) == 40


def test_who_hides_likes_has_no_like_count(client):
    media = discovered(client, "creator_00016", 3)["business_discovery"]["media"]["data"]
    assert [set(one) for one in media] == [{"id"}] * 3


def test_a_personal_and_a_misspelt_name_are_answered_alike_and_an_age_gated_one_with_nothing(api, client):
    api.world.kinds |= {"creator_00002": "personal", "creator_00004": "age-gated"}
    api.world.renamed["creator_00005"] = "new.name"
    for name in ("creator_00002", "creator_99999", "creator_00005", "wrong"):
        assert refused(client, OWN_ID, fields=PAGE.format(name, 1))[:2] == (110, 2207013)
    assert discovered(client, "creator_00004") == {"id": OWN_ID}
    assert discovered(client, "new.name")["business_discovery"]["username"] == "new.name"


@pytest.mark.parametrize(
    ("field", "code"),
    [("saved_count", 100), ("media{shares_count}", 100), ("stories", 10), ("live_media", 36104)],
)
def test_discovery_refuses_fields_that_are_the_owners_alone(client, field, code):
    fields = f"business_discovery.username(creator_00001){{{field}}}"
    assert refused(client, OWN_ID, fields=fields)[0] == code


def test_more_media_than_one_answer_may_have_is_error_1_with_status_500(client):
    answer = client.get(f"/{OWN_ID}", params={"fields": PAGE.format("creator_00001", 101)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, 1)


def test_with_instagram_login_there_is_no_discovery(api, client):
    api.world.login = "instagram"
    assert refused(client, OWN_ID, fields=PAGE.format("creator_00001", 1))[0] == 100
    assert answered(client, "me", fields="user_id,username")["user_id"] == OWN_ID


def test_own_media_have_a_next_with_the_token_and_cursors_even_on_the_last_page(client):
    page = answered(client, f"{OWN_ID}/media", fields="id", limit="50")
    assert "access_token=EAAG" in page["paging"]["next"]
    last = httpx.get(page["paging"]["next"]).json()
    assert [len(page["data"]), len(last["data"])] == [50, 10]
    assert last["paging"].keys() == {"cursors"}
    assert answered(client, f"{OWN_ID}/media", after=last["paging"]["cursors"]["after"]) == {"data": []}


def test_with_limit_one_a_page_begins_at_its_cursor(client):
    page = answered(client, f"{OWN_ID}/media", fields="id", limit="1", after=cursor(3))
    assert page["data"] == [{"id": "18000000000000003"}]


def test_since_leaves_out_older_media(client):
    since = str(int((graph_world.START - timedelta(days=10)).timestamp()))
    assert len(answered(client, f"{OWN_ID}/media", since=since, limit="100")["data"]) == 12


def test_fields_of_media_are_given_absent_where_there_are_none_and_refused_where_unknown(client):
    page = answered(client, f"{OWN_ID}/media", fields="caption,media_url", limit="13")["data"]
    assert [at for at, one in enumerate(page) if "caption" not in one] == [10]
    assert [at for at, one in enumerate(page) if "media_url" not in one] == [12]
    assert refused(client, f"{OWN_ID}/media", fields="id,likes")[0] == 100


def test_one_metric_that_does_not_fit_fails_the_call(api, client):
    feed, reel = "18000000000000004", "18000000000000005"
    assert refused(client, f"{feed}/insights", metric="views,ig_reels_avg_watch_time")[0] == 100
    found = answered(client, f"{reel}/insights", metric="views,ig_reels_avg_watch_time")["data"]
    assert [one["name"] for one in found] == ["views", "ig_reels_avg_watch_time"]
    assert "no longer supported" in refused(client, f"{reel}/insights", metric="plays")[2]
    api.world.retired["views"] = api.clock.now() + timedelta(hours=1)
    assert "error" not in answered(client, f"{reel}/insights", metric="views")
    api.clock.sleep(3600)
    assert "error" in answered(client, f"{reel}/insights", metric="views")


def test_insights_come_as_values_or_as_a_total_and_the_last_of_two_values_is_the_newest(api, client):
    shapes = {}
    for at in range(1, 36):
        identity = str(int(FIRST_ID) + at)
        one = answered(client, f"{identity}/insights", metric="reach")["data"][0]
        values = [one["total_value"]] if "total_value" in one else one["values"]
        assert values[-1]["value"] == api.world.value(identity, "reach")
        shapes[len(values), "total_value" in one] = at
    assert shapes.keys() == {(1, True), (1, False), (2, False)}


def test_insights_are_empty_at_first_and_refused_for_few_viewers_or_before_conversion(api, client):
    assert answered(client, f"{FIRST_ID}/insights", metric="reach") == {"data": []}
    assert refused(client, "18000000000000055/insights", metric="reach")[:2] == (100, 2108006)
    stories = [one["id"] for one in answered(client, f"{OWN_ID}/stories")["data"]]
    assert len(stories) == 3
    told = [answered(client, f"{one}/insights", metric="replies") for one in stories]
    assert sorted(one.get("error", {}).get("message", "")[:29] for one in told) == [
        "",
        "",
        "(#10) Not enough viewers for ",
    ]
    api.clock.sleep(86_400)
    assert answered(client, f"{OWN_ID}/stories") == {"data": []}


def test_a_restated_medium_says_more_and_a_deleted_one_is_missing(api, client):
    identity = "18000000000000006"
    before = api.world.value(identity, "reach")
    api.world.restated.add(identity)
    assert api.world.value(identity, "reach") == before + before // 10
    api.world.gone.add(identity)
    assert refused(client, f"{identity}/insights", metric="reach")[:2] == (100, 33)
    assert refused(client, "18000000000300001", fields="id")[:2] == (100, 33)  # a creator's
    listed = answered(client, f"{OWN_ID}/media", limit="10")["data"]
    assert identity not in {one["id"] for one in listed}


def test_some_metrics_of_the_account_are_totals_only(client):
    path = f"{OWN_ID}/insights"
    assert "metric_type=total_value" in refused(client, path, metric="views", period="day")[2]
    assert "total_value" in answered(client, path, metric="views", metric_type="total_value")["data"][0]


def test_a_token_is_needed_known_and_not_expired(api, client):
    assert httpx.get(f"{api.url}/{OWN_ID}").json()["error"]["code"] == 104
    assert httpx.get(f"{api.url}/{OWN_ID}", params={"access_token": "no"}).json()["error"]["code"] == 190
    api.expires[TOKEN] = api.clock.now() + timedelta(minutes=1)
    assert answered(client, OWN_ID) == {"id": OWN_ID}
    api.clock.sleep(60)
    assert refused(client, OWN_ID)[:2] == (190, 463)
    assert [call.leaked for call in api.calls] == [False] * 4
    httpx.get(f"{api.url}/{OWN_ID}", params={"access_token": TOKEN})
    assert api.calls[-1].leaked


def test_a_token_is_inspected_and_renewed_and_the_proof_is_checked(api, client):
    assert answered(client, "debug_token", input_token=TOKEN)["data"]["expires_at"] == 0
    given = {"grant_type": "fb_exchange_token", "client_id": APP_ID, "fb_exchange_token": TOKEN}
    assert "error" in answered(client, "oauth/access_token", client_secret="wrong", **given)
    new = answered(client, "oauth/access_token", client_secret=APP_SECRET, **given)["access_token"]
    assert api.expires[new] - api.clock.now() == timedelta(days=60)
    api.needs_proof = True
    assert "appsecret_proof" in refused(client, OWN_ID)[2]
    assert answered(client, OWN_ID, appsecret_proof=proof(TOKEN)) == {"id": OWN_ID}


def test_a_missing_scope_is_an_empty_list(api, client):
    page = answered(client, "me/accounts", fields="instagram_business_account")["data"]
    assert page[0]["instagram_business_account"]["id"] == OWN_ID
    api.empty_pages = True
    assert answered(client, "me/accounts") == {"data": []}


@pytest.mark.parametrize(("path", "code"), [("discovery", 4), ("media", 80002)])
def test_a_limit_that_is_hit_refuses_all_calls_for_some_minutes_and_counts_them(api, client, path, code):
    api.limits = Limits(calls=10, regain=7)

    def call():
        whole = {"fields": PAGE.format("creator_00001", 1)} if path == "discovery" else {}
        return client.get(f"/{OWN_ID}" if whole else f"/{OWN_ID}/media", params=whole)

    headers = [call().headers for _ in range(10)]
    name = "X-App-Usage" if path == "discovery" else "X-Business-Use-Case-Usage"
    told = [json.loads(one[name]) for one in headers]
    entries = [one if path == "discovery" else one[OWN_ID][0] for one in told]
    assert [one["call_count"] for one in entries] == list(range(10, 101, 10))
    assert api.after_limit == 0
    assert call().json()["error"]["code"] == code
    assert api.after_limit == 0
    assert call().json()["error"]["code"] == code
    assert api.after_limit == 1
    api.clock.sleep(7 * 60 + 3600)
    assert "error" not in call().json()


def test_headers_of_usage_may_be_missing_broken_or_repeat_a_key(api, client):
    api.limits = Limits(calls=10, shape="missing")
    assert "X-App-Usage" not in client.get("/debug_token").headers
    api.limits = Limits(calls=10, shape="broken")
    with pytest.raises(json.JSONDecodeError):
        json.loads(client.get("/debug_token").headers["X-App-Usage"])
    api.limits = Limits(calls=10, shape="repeated")
    assert client.get("/debug_token").headers["X-App-Usage"].count("call_count") == 2


def test_each_of_several_ids_counts(api, client):
    found = answered(client, "", ids="18000000000000001,18000000000000002", fields="id")
    assert len(found) == 2
    assert api.counted["medium"] == 2


def batch(client, *paths):
    parts = json.dumps([{"method": "GET", "relative_url": path} for path in paths])
    return client.post("/v26.0/", data={"batch": parts}).json()


def test_a_batch_answers_its_parts_with_bodies_as_text_and_faults_within(api, client):
    paths = [f"v26.0/{FIRST_ID}?fields=id", "1/insights?metric=reach"]
    first, second = batch(client, *paths)
    assert (first["code"], json.loads(first["body"])) == (200, {"id": FIRST_ID})
    assert (second["code"], json.loads(second["body"])["error"]["error_subcode"]) == (400, 33)
    assert api.counted == {"batch": 1, "medium": 1, "insights": 1}
    api.plan(faults.parts(lambda held: held.__setitem__(0, None)), "batch")
    assert batch(client, *paths)[0] is None
    api.plan(faults.parts(lambda held: held[0].update(body='{"id":')), "batch")
    with pytest.raises(json.JSONDecodeError):
        json.loads(batch(client, *paths)[0]["body"])
    api.plan(faults.parts(lambda held: held[0].update(body='{"error":{"code":4}}')), "batch")
    batch(client, *paths)
    assert api.limited_until
    assert len(batch(client, *["1"] * 50)) == 1  # limited now


def test_faults_come_at_their_time_and_no_other(api, client):
    api.plan(faults.error(2, status=500, is_transient=True), "media", nth=2, times=2)
    told = [client.get(f"/{OWN_ID}/media").status_code for _ in range(4)]
    assert told == [200, 500, 500, 200]
    assert client.get(f"/{OWN_ID}").status_code == 200


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (faults.sent("reset"), httpx.ReadError),
        (faults.sent("truncated"), httpx.RemoteProtocolError),
        (faults.BAD_GZIP, httpx.DecodingError),
        (faults.HTML, ValueError),
        (faults.cut_gzip, ValueError),
    ],
)
def test_a_broken_answer_is_broken_and_the_next_one_is_whole(api, client, fault, raised):
    api.plan(fault)
    with pytest.raises(raised):
        answered(client, OWN_ID)
    assert answered(client, OWN_ID) == {"id": OWN_ID}


def test_a_slow_answer_comes_byte_by_byte_until_the_client_hangs_up(api, client):
    api.plan(faults.sent("drip"))
    with client.stream("GET", f"/{OWN_ID}/media") as answer:
        assert len(next(answer.iter_raw())) < 5
    assert answered(client, OWN_ID) == {"id": OWN_ID}


def test_faults_of_pages_keep_items_and_change_only_how_one_goes_on(api, client):
    def pages(limit, most):
        """Return the sizes and the ids of what a patient client reads."""
        after, read = "", []
        for _ in range(most):
            page = answered(
                client, f"{OWN_ID}/media", limit=str(limit), **({"after": after} if after else {})
            )
            read.append([one["id"] for one in page["data"]])
            if "next" not in page.get("paging", {}):
                break
            after = page["paging"]["cursors"]["after"]
        return [len(one) for one in read], [one for page in read for one in page]

    assert pages(25, 9)[0] == [25, 25, 10]
    api.plan(faults.EMPTY_PAGE, "media", nth=2)
    sizes, ids = pages(25, 9)
    assert (sizes, len(set(ids))) == ([25, 0, 25, 10], 60)
    api.plan(faults.OVERLAPPING, "media")
    sizes, ids = pages(25, 9)
    assert (sizes, len(set(ids))) == ([25, 25, 11], 60)
    api.plan(faults.REPEATED_CURSOR, "media", times=99)
    assert pages(25, 9)[0] == [25] * 9
    api.planned.clear()
    api.plan(faults.NEXT_ELSEWHERE, "media")
    assert answered(client, f"{OWN_ID}/media")["paging"]["next"].startswith(api.other)
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{api.other}/next?access_token=secret")
    assert api.elsewhere == ["/next?access_token=secret"]


def test_faults_of_discovery(api, client):
    api.plan(faults.LAST_WITH_AFTER, "discovery")
    media = discovered(client, "creator_00001", 40)["business_discovery"]["media"]
    after = media["paging"]["cursors"]["after"]
    assert "media" not in discovered(client, "creator_00001", 40, f".after({after})")["business_discovery"]
    api.plan(faults.NO_FOLLOWERS, "discovery")
    followers = [
        discovered(client, "creator_00001", 1)["business_discovery"]["followers_count"] for _ in range(2)
    ]
    assert followers[0] == 0 < followers[1]
    api.plan(faults.first(lambda api: api.world.gone.add("18000000000100001")), "discovery")
    media = [discovered(client, "creator_00001", 2)["business_discovery"]["media"]["data"] for _ in range(2)]
    assert [one[1]["id"] for one in media] == ["18000000000100001", "18000000000100002"]
