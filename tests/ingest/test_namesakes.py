"""Proves that what a handle on two platforms brought is credited to the account that did, or to none."""

import pandas as pd
import pytest

from nanospread import pages, store
from nanospread.ingest import credit, order_results, sources, tables
from nanospread.ingest.order_results import ANY, OrderSettings
from test_platforms import CREATORS, POSTS, folder

DAY = pd.Timestamp("2026-11-15", tz="UTC")
HEAD = "campaign,creator,cost,clicks,orders"
LOG = "handle,platform,campaign,contacted_at,replied,accepted,posted\n"
ORDERS = "order,ordered_at,value,currency,code\n" + "".join(
    f"{at},2026-10-0{at},50,EUR,{code}\n"
    for at, code in enumerate(("MONA", "MONA", "MONA", "LEE", "VERA"), start=1)
)
CODES = "code,creator,campaign\nMONA,mona,{mona}\nLEE,lee,spring\nVERA,vera,spring\n"


def opened(place, here="instagram", **files):
    raw = sources.folder(folder(place, creators=CREATORS, posts=POSTS, **files))
    return tables.validated(raw, platform=here)


def counted(place, here="instagram", **files):
    return order_results.counted(opened(place, here, **files), OrderSettings("EUR"), here)


def orders_of(found):
    return found.tables.results.groupby("creator")["orders"].sum().to_dict()


def test_a_result_of_a_handle_on_two_platforms_is_asked_for_and_credited_to_neither(tmp_path):
    sheet = f"{HEAD}\nspring,mona,80,200,9\nspring,lee,30,50,2\n"
    found = counted(tmp_path, sheet=sheet)
    assert orders_of(found) == {"lee": 2}
    assert found.tables.elsewhere["results"][["creator", "platform", "orders"]].values.tolist() == [
        ["mona", "", 9]
    ]
    assert pages.data_quality.orders_credited(found) == (
        "1 result of a handle on several platforms, mona: in no figure. The outreach log of the campaign, or "
        "a column platform in its results, tells which.",
    )
    assert orders_of(counted(tmp_path, "tiktok", sheet=sheet)) == {}


@pytest.mark.parametrize(
    "told",
    [
        {"sheet": f"{HEAD},Network\nspring,mona,80,200,9,TikTok\nspring,lee,30,50,2,\n"},
        {"log": f"{LOG}mona,TikTok,spring,2026-10-01,yes,yes,yes\n"},
        {"log": f"{LOG}vera,TikTok,spring,2026-10-01,yes,yes,yes\n"},
    ],
    ids=["its own column", "the contact in the campaign", "all contacts of the campaign"],
)
def test_what_tells_the_platform_settles_it(tmp_path, told):
    sheet = f"{HEAD}\nspring,mona,80,200,9\nspring,lee,30,50,2\n"
    found = counted(tmp_path, **{"sheet": sheet, **told})
    assert orders_of(found) == {"lee": 2}
    assert found.notes == ("1 result on tiktok, of mona: in no figure of instagram.",)
    (tmp_path / "t").mkdir()
    assert orders_of(counted(tmp_path / "t", "tiktok", **{"sheet": sheet, **told})) == {"mona": 9}


def test_who_is_elsewhere_alone_teaches_nothing_here_and_a_stranger_stays(tmp_path):
    sheet = f"{HEAD}\nspring,vera,80,200,9\nspring,nobody,30,50,2\n"
    assert orders_of(counted(tmp_path, sheet=sheet)) == {"nobody": 2}


@pytest.mark.parametrize(
    ("campaign", "log", "mine"),
    [
        ("spring", f"{LOG}mona,Instagram,spring,2026-10-01,yes,yes,yes\n", {"lee": 1, "mona": 3}),
        ("tt", f"{LOG}mona,TikTok,tt,2026-10-01,yes,yes,yes\n", {"lee": 1}),
        ("", f"{LOG}mona,TikTok,tt,2026-10-01,,,yes\nmona,,spring,2026-10-01,,,yes\n", {"lee": 1}),
    ],
    ids=["a campaign here", "a campaign there", "no campaign"],
)
def test_orders_are_of_the_platform_of_their_code_s_campaign(tmp_path, campaign, log, mine):
    found = counted(tmp_path, shop=ORDERS, codes=CODES.format(mona=campaign), log=log)
    assert orders_of(found) == mine
    account = found.credit.account
    assert account["orders"].sum() == 5
    assert credit.total(account, credit.CREDITED) == sum(mine.values())
    orders, _ = order_results.dated(found)
    assert sorted(orders["creator"].unique()) == sorted(mine)
    reasons = dict(zip(account["reason"], account["orders"], strict=True))
    assert reasons["of an account on youtube"] == 1
    away = {"spring": 0, "tt": reasons.get("of an account on tiktok"), "": reasons.get(ANY)}
    assert away[campaign] == 3 - mine.get("mona", 0)


def test_a_code_elsewhere_without_orders_is_no_zero_here(tmp_path):
    found = counted(tmp_path, shop=ORDERS.replace("VERA", "LEE"), codes=CODES.format(mona="spring"))
    assert "vera" not in orders_of(found)


def test_a_store_keeps_what_results_say_of_their_platform_and_older_ones_say_nothing(tmp_path):
    sheet = f"{HEAD},platform\nspring,mona,80,200,9,TikTok\nspring,lee,30,50,2,\n"
    found = opened(tmp_path, sheet=sheet)
    store.write(tmp_path / "s", found, as_of=DAY, inputs={"a": "0" * 64})
    assert store.read(tmp_path / "s").results["platform"].tolist() == ["", "tiktok"]


def test_one_platform_alone_changes_nothing(tmp_path):
    sheet = f"{HEAD}\nspring,mona,80,200,9\nspring,lee,30,50,2\n"
    posts = POSTS.splitlines()[0] + "\na1,mona,,2026-10-01,1,1\n"
    rows = folder(tmp_path, creators="handle,network,followers\nmona,Instagram,4100\n", posts=posts)
    (rows / "sheet.csv").write_text(sheet)
    (rows / "shop.csv").write_text(ORDERS)
    (rows / "codes.csv").write_text(CODES.format(mona=""))
    found = order_results.counted(tables.validated(sources.folder(rows)), OrderSettings("EUR"))
    assert not found.tables.elsewhere
    assert orders_of(found) == {"mona": 3, "lee": 1, "vera": 1}
