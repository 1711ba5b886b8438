"""A first campaign's files, SYNTHETIC, as tools write them, for docs/how_to/first_results.md.

python tools/first_results.py FOLDER writes them; nobody in them exists.
"""

import csv
import io
import json
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

NAMES = (
    "ada", "bea", "cleo", "dora", "elin", "fay", "gigi", "hana", "ines", "jola", "kaia", "lena", "mira",
    "nell", "olga", "petra", "quin", "rosa", "sana", "tove", "uma", "vera", "wilma", "xenia", "ysolde",
    "zita", "alba", "britt", "carla", "delia", "esme", "flora", "greta", "hedda", "ilse", "juno",
    "katla", "lotte", "maren", "nives", "oona", "paola", "runa", "signe", "thea", "ulla",
)  # fmt: skip
ELSEWHERE = (
    "dora", "lena", "arlo", "benno", "cosmo", "dario", "emil", "falk", "gero", "hugo", "ivo", "jarl",
    "knut", "levi",
)  # fmt: skip
NICHES = ("food", "beauty", "travel")
POSTED, ASKED = NAMES[:18], NAMES[18:32]
SHARED = "WELCOME10"
DAY = datetime(2026, 10, 1, 9)
ORDER = (
    "Name", "Email", "Financial Status", "Paid at", "Currency", "Subtotal", "Shipping", "Taxes",
    "Total", "Discount Code", "Discount Amount", "Created at", "Lineitem quantity", "Lineitem name",
    "Lineitem price", "Billing Name", "Billing Street", "Notes", "Note Attributes", "Cancelled at",
    "Payment Method", "Refunded Amount", "Id",
)  # fmt: skip


def files() -> dict[str, str]:
    """Return each file's text by its name: a vendor's list, posts, an outreach sheet, codes and orders."""
    luck = random.Random(17)
    followers = {name: 1_500 + int(7_500 * luck.random()) for name in NAMES}
    followers |= {"oona": 24_000, "paola": 61_000, "runa": 38_000, "ulla": 240_000}
    return {
        "Creator list.csv": _csv(_vendor(luck, followers)),
        "dataset_instagram-scraper_2026-11-20.json": json.dumps(list(_posts(luck, followers)), indent=1),
        "Outreach.csv": _csv(_outreach()),
        "Creator codes.csv": _csv(_codes()),
        "orders_export_1.csv": _csv(_orders(luck, followers)),
    }


def handle(name: str) -> str:
    """Return the account of a made-up person."""
    return f"{name}.synthetic"


def _csv(rows: Iterator[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _vendor(luck: random.Random, followers: dict[str, int]) -> Iterator[Sequence[object]]:
    yield (
        "Platform",
        "Username",
        "Full name",
        "Followers",
        "Engagement rate",
        "Category",
        "Profile URL",
        "Email",
    )
    for at, name in enumerate(NAMES):
        rate, niche = f"{2 + 4 * luck.random():.2f}%", NICHES[at % 3]
        page = f"https://www.instagram.com/{handle(name)}/"
        mail = f"{name}@synthetic.example"
        yield (
            "Instagram",
            f"@{handle(name)}",
            f"SYNTHETIC {name}",
            f"{followers[name]:,}",
            rate,
            niche,
            page,
            mail,
        )
    for at, name in enumerate(ELSEWHERE):
        page, size = f"https://www.tiktok.com/@{handle(name)}", f"{3_000 + 700 * at:,}"
        yield "TikTok", f"@{handle(name)}", f"SYNTHETIC {name}", size, "6.10%", NICHES[at % 3], page, ""


def _posts(luck: random.Random, followers: dict[str, int]) -> Iterator[dict[str, object]]:
    for at, name in enumerate(NAMES):
        level = followers[name] * (0.02 + 0.03 * luck.random())
        for number in range(6):
            when = DAY + timedelta(days=9 * number, hours=5 * luck.random())
            likes = int(level * (0.6 + 0.8 * luck.random()))
            code = f"SYNTH{at:02}{number:02}"
            yield {
                "shortCode": code,
                "type": "Image",
                "caption": "SYNTHETIC",
                "url": f"https://www.instagram.com/p/{code}/",
                "timestamp": f"{when:%Y-%m-%dT%H:%M:%S}.000Z",
                "likesCount": -1 if luck.random() < 0.03 else likes,
                "commentsCount": int(likes * 0.05 * luck.random()),
                "ownerUsername": handle(name),
            }
    yield {"inputUrl": f"https://www.instagram.com/{handle('gone')}/", "error": "not_found"}


def _outreach() -> Iterator[Sequence[object]]:
    yield "Influencer", "Campaign", "Status", "DM Sent", "Offer", "Notes"
    for at, name in enumerate(POSTED):
        yield f"@{handle(name)}", "autumn", ("Posted", "✅ Posted", "Post Live")[at % 3], "✅", "gift", ""
    for at, name in enumerate(ASKED):
        status = ("Ghosted", "Declined", "Negotiating", "Product sent", "Parked")[at % 5]
        yield f"@{handle(name)}", "autumn", status, "✅", "gift", "~2 weeks"
    for name in NAMES[32:36]:
        yield f"@{handle(name)}", "autumn", "Researching", "⬜", "", ""


def _codes() -> Iterator[Sequence[object]]:
    yield "Discount code", "Influencer", "Campaign", "Valid from", "Valid until"
    for name in POSTED[:12]:
        yield f"{name.upper()}10", f"@{handle(name)}", "autumn", "2026-10-01", "2026-11-30"
    yield SHARED, "", "", "", ""


def _orders(luck: random.Random, followers: dict[str, int]) -> Iterator[Sequence[object]]:
    yield ORDER
    sells = {name: 0.002 * luck.lognormvariate(-0.3, 0.9) for name in POSTED}  # orders per follower
    due = [name for name in POSTED for _ in range(round(followers[name] * sells[name]))]
    buys: list[tuple[str, str]] = [(f"{name.upper()}10", name) for name in due]
    buys = [(code if luck.random() < 0.8 else "", name) for code, name in buys]
    buys += [(SHARED, "")] * 60 + [("", "")] * 150 + [("ADA10, BEA10", ""), (f"CLEO10, {SHARED}", "cleo")]
    for number, (code, name) in enumerate(sorted(buys, key=lambda _: luck.random()), start=1001):
        yield from _order(luck, number, code, name)


def _order(luck: random.Random, number: int, code: str, name: str) -> Iterator[Sequence[object]]:
    """Yield the line items of an order, of which the first alone has what is of the whole order."""
    zone = timezone(timedelta(hours=2 if number < 1230 else 1))
    when = (DAY + timedelta(hours=(number - 1000) * 2.5)).replace(tzinfo=zone)
    paid, items = f"{when:%Y-%m-%d %H:%M:%S %z}", 1 + int(3 * luck.random())
    total = items * (16 + int(20 * luck.random()))
    seen = name and (not code or luck.random() < 0.6)
    chance = luck.random()
    state = "refunded" if chance < 0.03 else "paid"
    whole = {
        "Financial Status": state, "Paid at": paid, "Currency": "EUR", "Subtotal": f"{total:.2f}",
        "Shipping": "0.00", "Taxes": f"{total * 0.19 / 1.19:.2f}", "Total": f"{total:.2f}",
        "Discount Code": code, "Discount Amount": f"{total / 9 if code else 0:.2f}",
        "Note Attributes": f"utm_source: instagram\nutm_content: {handle(name)}" if seen else "",
        "Cancelled at": paid if chance > 0.98 else "", "Payment Method": "Stripe",
        "Refunded Amount": f"{total if state == 'refunded' else 0:.2f}", "Id": 5_900_000_000_000 + number,
        "Billing Name": f"Buyer SYNTHETIC{number}", "Billing Street": "Hidden Street 1",
        "Notes": "ring twice",
    }  # fmt: skip
    for item in range(items):
        line = {
            "Name": f"#{number}",
            "Email": f"buyer{number}@synthetic.example",
            "Created at": paid,
            "Lineitem quantity": 1,
            "Lineitem name": f"Oat bar {item}",
            "Lineitem price": "16.00",
        }
        cells = line if item else whole | line
        yield [cells.get(column, "") for column in ORDER]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files().items():
        (folder / file).write_text(text, encoding="utf-8")
