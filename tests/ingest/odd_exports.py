"""Makes exports that fit no table as they are, each with what is true of it: which header is which column.

Headers are those of the fixtures of every format; names are replaced by other spellings, other languages and
names that say nothing, columns are shuffled, left out, and joined by decoys that look like ours. The
translations are of people's sheets, not of data/words.csv: half of them it does not know.
"""

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.ingest import files, formats, headers, sheets
from nanospread.ingest.files import Export

FIXTURES = paths.ROOT / "tests" / "fixtures" / "exports"
NAMES = [
    "anna",
    "bela",
    "cleo",
    "dora",
    "emil",
    "fine",
    "greta",
    "hugo",
    "ida",
    "jona",
    "kim",
    "lena",
    "mika",
    "nele",
    "otto",
    "pia",
]
LAST_NAMES = [
    "Meyer",
    "Rossi",
    "Novak",
    "Silva",
    "Dubois",
    "Lind",
    "Okafor",
    "Tanaka",
    "Kaya",
    "Smith",
    "Garcia",
    "Weber",
]

TRANSLATED = {
    "creator": "Konto|Benutzername|Compte|Nom d'utilisateur|Cuenta|Usuario|Nombre de usuario|Profilo|Conta|"
    "Användare|Gebruiker|Nazwa konta|Kullanıcı adı|アカウント|Аккаунт|Kanal|Wer|Käyttäjä",
    "followers": "Abonnenten|Abonnés|Seguidores|Follower|Följare|Volgers|Obserwujący|Takipçi|フォロワー|"
    "Подписчики|Fans|Reichweite des Kontos|Seguaci|Seuraajat",
    "post": "Beitrag|Beitrags-Nr.|Publication|Publicación|Post-Nummer|Inlägg|Bericht|Wpis|Gönderi|投稿|Пост|"
    "Contenuto|Julkaisu",
    "posted_at": "Datum|Veröffentlicht am|Date de publication|Fecha|Data|Publicerad|Geplaatst|Opublikowano|"
    "Tarih|投稿日|Дата|Wann|Zeitpunkt|Julkaistu",
    "likes": "Gefällt mir|Herzen|J'aime|Me gusta|Mi piace|Curtidas|Gillar|Vind-ik-leuks|Polubienia|Beğeni|"
    "いいね|Лайки|Daumen hoch|Tykkäykset",
    "comments": "Kommentare|Commentaires|Comentarios|Commenti|Comentários|Kommentarer|Reacties|Komentarze|"
    "Yorum|コメント|Комментарии|Antworten|Kommentit",
    "niche": "Thema|Rubrik|Thème|Tema|Kategorie|Nicho|Branche",
    "reach": "Reichweite|Portée|Alcance|Copertura|Räckvidd|Bereik",
    "views": "Aufrufe|Vues|Visualizaciones|Visualizzazioni|Visningar|Weergaven",
}
SPELT = {
    "creator": "Username|user name|IG Handle|@handle|creator_handle|Instagram Account|owner username|Account",
    "followers": "Follower Count|# followers|IG followers|total followers|FollowersCount|Num Followers|Fans",
    "post": "Post-ID|media id|postId|Post ID |shortCode|post no",
    "posted_at": "Posted|Post Date|publishedAt|Date posted|timestamp (UTC)|Posting date|published on",
    "likes": "Like Count|# of Likes|likesCount|Total likes|Post Likes|Number of likes|LIKES ",
    "comments": "Comment count|# of comments|commentsCount|Total Comments|Comments (number)|numComments",
}
OPAQUE = ("", "x{}", "col_{}", "F{}", "Unnamed: {}", "field {}", "Spalte {}", "Column{}")


@dataclass(frozen=True)
class Base:
    """A header as a tool writes it, and the column of ours at each place, "" where none is."""

    name: str
    table: str
    header: tuple[str, ...]
    ours: tuple[str, ...]


@dataclass(frozen=True)
class Odd:
    """An export that may fit no table: its text, and the place of each of our columns in it."""

    name: str
    table: str
    text: str
    truth: Mapping[str, int]


def bases() -> list[Base]:
    """Return the tables of every fixture, and a plain one of each table."""
    found = [base for file in sorted(FIXTURES.rglob("*.*")) for base in _of_file(file)]
    for table, columns in headers.REQUIRED.items():
        needed = [one.split(" or ")[0] for one in columns] + list(headers.ENOUGH.get(table, ()))
        names = tuple(dict.fromkeys([*needed, *headers.EXTRAS.get(table, ())[:3]]))
        found.append(Base(f"plain {table}", table, names, names))
    return found


def _of_file(path: Path) -> Iterator[Base]:
    (file,) = files.files_of([path], {})
    export = Export(file.path, file.name)
    try:
        for sheet in formats.reader(export).sheets(export):
            fit = sheets.with_header(path.name, sheet, file.mapping())
            ours = {places[0]: column for column, places in fit.fits[0].places.items()}
            header = tuple(fit.header[:30])
            columns = tuple(ours.get(at, "") for at in range(len(header)))
            yield Base(f"{path.name} {sheet.name}", fit.fits[0].table, header, columns)
    except InputError:
        return


def odd(number: str, every: Sequence[Base]) -> Odd:
    """Return the export of a number, the same on every machine."""
    chance = random.Random(f"odd {number}")
    base = chance.choice(every)
    rows = chance.choice((8, 25, 60))
    one_account = base.table == "posts" and chance.random() < 0.25
    accounts = [_account(chance) for _ in range(1 if one_account else chance.choice((4, 9, rows)))]
    columns: list[tuple[str, str, list[str]]] = []  # ours, header, cells
    for at, ours in enumerate(base.ours):
        if not ours and chance.random() < 0.6:
            continue
        if ours == "creator" and one_account and chance.random() < 0.7:
            continue
        if ours in ("comments", "post", "caption", "saves") and chance.random() < 0.15:
            continue
        if ours == "permalink" and chance.random() < 0.5:
            continue
        if ours and any(ours == other for other, _, _ in columns):
            continue
        name = _renamed(ours, base.header[at], at, chance) if ours else base.header[at]
        columns.append((ours, name, _cells(ours, base.table, accounts, rows, chance)))
    columns += _decoys(columns, accounts, rows, chance)
    if chance.random() < 0.7:
        chance.shuffle(columns)
    seen: set[str] = set()
    columns = [
        column for column in columns if column[1] == "" or not (column[1] in seen or seen.add(column[1]))
    ]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=chance.choice(",;\t"), lineterminator="\n")
    writer.writerow([name for _, name, _ in columns])
    writer.writerows(zip(*(cells for _, _, cells in columns), strict=True))
    truth = {ours: at for at, (ours, _, _) in enumerate(columns) if ours}
    return Odd(f"{number} {base.name}", base.table, text.getvalue(), truth)


def _renamed(ours: str, name: str, at: int, chance: random.Random) -> str:
    drawn = chance.random()
    if drawn < 0.35 and ours in TRANSLATED:
        return chance.choice(TRANSLATED[ours].split("|"))
    if drawn < 0.6 and ours in SPELT:
        return chance.choice(SPELT[ours].split("|"))
    if drawn > 0.88:
        return chance.choice(OPAQUE).format(at)
    return name


def _account(chance: random.Random) -> str:
    name = chance.choice(NAMES)
    return chance.choice(
        (f"{name}.{chance.choice(NAMES)}", f"{name}_{chance.randrange(99)}", f"the{name}bakes")
    )


def _cells(ours: str, table: str, accounts: Sequence[str], rows: int, chance: random.Random) -> list[str]:
    """Return cells as a column of ours has them."""
    if ours == "creator":
        each = [accounts[at % len(accounts)] for at in range(rows)]
        mark = chance.choice(("{}", "{}", "@{}", "https://www.instagram.com/{}/"))
        return [mark.format(account) for account in each]
    if ours in ("other", "author"):
        return [_account(chance) for _ in range(rows)]
    if ours in ("post", "comment", "order"):
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
        if chance.random() < 0.5:
            return ["C" + "".join(chance.choices(letters, k=10)) for _ in range(rows)]
        return [str(17_000_000_000_000_000 + chance.randrange(10**15)) for _ in range(rows)]
    if ours == "permalink":
        return [f"https://www.instagram.com/p/C{chance.randrange(10**9)}/" for _ in range(rows)]
    if ours in DATES:
        return _dates(rows, chance)
    if ours in SIZES:
        return _counts(SIZES[ours], rows, chance)
    if ours in ("replied", "accepted", "posted", "sponsored", "inbound", "as_is"):
        return [chance.choice(("yes", "no")) for _ in range(rows)]
    if ours in ("reported_er", "overlap"):
        return [f"{chance.uniform(0.01, 0.2):.3f}" for _ in range(rows)]
    if ours in ("cost", "revenue", "value", "incremental_orders", "se"):
        return [f"{chance.uniform(1, 400):.2f}" for _ in range(rows)]
    words = WORDS.get(ours, ("slow morning", "new bread", "so good", "see you there", "link in bio"))
    return [chance.choice(words) for _ in range(rows)]


DATES = (
    *("posted_at", "as_of", "contacted_at", "joined_at", "left_at", "written_at", "due_at", "replied_at"),
    *("shipped_at", "ordered_at", "from", "to"),
)
SIZES = {
    "followers": 6_000,
    "following": 600,
    "likes": 200,
    "comments": 9,
    "saves": 12,
    "shares": 5,
    "reach": 1_500,
    "views": 2_400,
    "impressions": 2_900,
    "replies": 2,
    "clicks": 30,
    "orders": 3,
    "story_reach": 400,
}
WORDS = {
    "niche": ("food", "sport", "travel", "fashion"),
    "campaign": ("spring", "autumn", "launch"),
    "offer": ("gift", "fee"),
    "side": ("nano", "macro"),
    "code": ("ANNA10", "BEN15", "CLEO20"),
    "period": ("2026-01", "2026-02"),
}


def _dates(rows: int, chance: random.Random) -> list[str]:
    style = chance.choice(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S+0000", "%d.%m.%Y", "%m/%d/%Y %H:%M", "epoch"))
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    when = [start + timedelta(hours=chance.randrange(6_000)) for _ in range(rows)]
    return [str(int(one.timestamp())) if style == "epoch" else one.strftime(style) for one in when]


def _counts(size: int, rows: int, chance: random.Random) -> list[str]:
    numbers = [int(size * chance.lognormvariate(0, 0.6)) for _ in range(rows)]
    style = chance.choice(("plain", "plain", "comma", "short"))
    if style == "comma":
        return [f"{number:,}" for number in numbers]
    return [f"{n / 1000:.1f}k" if style == "short" and n >= 1000 else str(n) for n in numbers]


def _decoys(
    columns: Sequence[tuple[str, str, list[str]]], accounts: Sequence[str], rows: int, chance: random.Random
) -> list[tuple[str, str, list[str]]]:
    """Return columns that look like ours and are none."""
    held = {ours: cells for ours, _, cells in columns}
    people = {account: f"{account[:4].title()} {chance.choice(LAST_NAMES)}" for account in accounts}
    each = [people[accounts[at % len(accounts)]] for at in range(rows)]
    pool: dict[str, list[str]] = {
        "Full name|Display name|Name|Anzeigename|Influencer Name|Nom": each,
        "Is Video|is_verified|Verified|Business account": [chance.choice(("True", "False")) for _ in each],
        "typename|Type|Media type|Format": [
            chance.choice(("GraphImage", "GraphVideo", "IMAGE")) for _ in each
        ],
        "Country|Land|lang|City": [chance.choice(("DE", "FR", "IT", "Berlin", "Wien")) for _ in each],
        "Tier|Segment|Status|Agency": [chance.choice(("nano", "micro", "macro", "gold")) for _ in each],
        "Avg likes|Average Likes|likes per post|Like rate": _counts(150, rows, chance),
        "MediaCount|Post count|Number of posts|carousel items": _counts(4, rows, chance),
        "Avg comments|Comments growth|Mean comments": _counts(8, rows, chance),
        "Followers gained|New followers|TikTok Followers|Follower growth": _counts(80, rows, chance),
        "TikTok Handle|Twitter Handle|YouTube": [f"{account[:5]}tt" for account in map(str.lower, each)],
        "scraped_on|Exported at|last update|crawl date": _dates(rows, chance),
        "Rank|No.|Row|#": [str(at + 1) for at in range(rows)],
        "E-Mail|Contact email": [f"mail{at}@example.org" for at in range(rows)],
        "Profile pic|Image URL|thumbnail": [f"https://cdn.example.org/{at}.jpg" for at in range(rows)],
        "Engagement|Total interactions|Interaktionen": _added(held, rows, chance),
        "Agency contact|Managed by|Editor": [chance.choice(("sam.k", "lou_m")) for _ in each],
    }
    taken = {name.strip().casefold() for _, name, _ in columns}
    drawn = [
        (chance.choice(names.split("|")), cells) for names, cells in chance.sample(sorted(pool.items()), 5)
    ]
    kept = drawn[: chance.randrange(6)]
    return [("", name, cells) for name, cells in kept if name.casefold() not in taken]


def _added(held: Mapping[str, list[str]], rows: int, chance: random.Random) -> list[str]:
    parts = [held[name] for name in ("likes", "comments") if name in held]
    if len(parts) == 2 and all(cell.isdigit() for part in parts for cell in part):
        return [str(int(one) + int(other)) for one, other in zip(*parts, strict=True)]
    return _counts(210, rows, chance)
