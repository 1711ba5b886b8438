"""What the fake Graph API knows: one own account with media, stories and insights, and thousands of creators.

Nothing is stored that can be derived: each number follows from the seed and an id. What a test changes
(deleted, renamed, restated, hidden) stands in the fields of `World`. The clock is in the test's hands.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
OWN, OWN_ID, PAGE_ID = "brand_of_ours", "17841405309211844", "104512378112233"
FIRST_ACCOUNT, FIRST_MEDIUM, MOST_MEDIA = 17841460000000000, 18000000000000000, 100_000  # beyond 2^53
HOUR = timedelta(hours=1)
BETWEEN = timedelta(hours=20)  # two posts of an account
CONVERTED = timedelta(days=40)  # since the own account became a professional one
DELAY = timedelta(hours=18)  # until there are insights
STORY_LIVES = timedelta(hours=24)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OWN_FIELDS = _words(
    "id ig_id username name biography website followers_count follows_count media_count "
    "profile_picture_url user_id account_type"
)
DISCOVERED_FIELDS = OWN_FIELDS - {"user_id", "account_type"}
MEDIA_FIELDS = _words(
    "id ig_id caption comments_count like_count media_type media_product_type media_url permalink shortcode "
    "timestamp username thumbnail_url is_comment_enabled total_like_count total_comments_count "
    "total_views_count saved_count shares_count reposts_count owner children"
)
OWN_ONLY = {"saved_count", "shares_count", "reposts_count", "ig_id", "is_comment_enabled"} | {
    name for name in MEDIA_FIELDS if name.startswith("total_")
}
DISCOVERED_MEDIA = (MEDIA_FIELDS - OWN_ONLY) | {"view_count"}

FEED, REELS, STORY, AD = "FEED", "REELS", "STORY", "AD"
METRICS = {  # of a medium -> the product types it fits
    **dict.fromkeys(("views", "reach", "shares", "total_interactions"), (FEED, REELS, STORY, AD)),
    **dict.fromkeys(("likes", "comments", "saved"), (FEED, REELS, AD)),
    "reposts": (FEED, REELS, STORY),
    **dict.fromkeys(("follows", "profile_visits", "profile_activity"), (FEED, STORY)),
    **dict.fromkeys(("replies", "navigation", "link_clicks"), (STORY,)),
    **dict.fromkeys(("ig_reels_avg_watch_time", "ig_reels_video_view_total_time"), (REELS,)),
    **dict.fromkeys(("reels_skip_rate", "crossposted_views", "facebook_views"), (REELS,)),
    **dict.fromkeys(("total_likes", "total_comments", "total_views"), (FEED, REELS)),
}
ACCOUNT_METRICS = {  # -> whether it has time_series
    **dict.fromkeys(("reach", "follower_count"), True),
    **dict.fromkeys(("views", "accounts_engaged", "total_interactions", "saves", "likes", "shares"), False),
}
RETIRED = {  # metric -> since when no version has it
    **dict.fromkeys(
        ("impressions", "plays", "clips_replays_count", "ig_reels_aggregated_all_plays_count"),
        datetime(2025, 4, 21, tzinfo=UTC),
    ),
    **dict.fromkeys(("video_views", "profile_views", "website_clicks"), datetime(2025, 1, 8, tzinfo=UTC)),
}


class GraphError(Exception):
    """An error as the API answers it."""

    def __init__(self, code: int, message: str, subcode: int | None = None, **more: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.subcode, self.more = code, message, subcode, more

    def payload(self) -> dict[str, Any]:
        told = {"message": self.message, "type": "OAuthException", "code": self.code}
        told |= {} if self.subcode is None else {"error_subcode": self.subcode}
        return {"error": told | self.more | {"fbtrace_id": "AbCdEfGhIjKlMnOp"}}


def missing(name: str) -> GraphError:
    """Return the answer for an object that is gone, was never there, or must not be seen."""
    return GraphError(
        100,
        f"Unsupported get request. Object with ID '{name}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation.",
        33,
        type="GraphMethodException",
    )


def nonexisting(name: str) -> GraphError:
    return GraphError(100, f"(#100) Tried accessing nonexisting field ({name})")


class Clock:
    """A clock that stands still until someone sleeps."""

    def __init__(self, now: datetime = START) -> None:
        self.time, self.slept = now, 0.0

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.time += timedelta(seconds=seconds)


@dataclass
class World:
    """The accounts. `kinds`: personal or age-gated ones; `patched`: fields by id, None where omitted."""

    clock: Clock = field(default_factory=Clock)
    seed: int = 1
    creators: int = 20
    media: int = 40  # of each creator
    own_media: int = 60
    stories: int = 3
    login: str = "facebook"
    kinds: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)  # name before -> now
    gone: set[str] = field(default_factory=set)  # ids of media
    restated: set[str] = field(default_factory=set)  # ids of media
    patched: dict[str, dict[str, Any]] = field(default_factory=dict)
    retired: dict[str, datetime] = field(default_factory=lambda: dict(RETIRED))

    def names(self) -> list[str]:
        """Return the creators' user names."""
        return [f"creator_{number:05d}" for number in range(1, self.creators + 1)]

    def number(self, name: str) -> int:
        """Return which account a name is or was; 0 for a name that nobody has."""
        before = {now: was for was, now in self.renamed.items()}.get(name, name)
        spelt = re.fullmatch(r"creator_(\d{5})", before)
        return int(spelt.group(1)) if spelt and int(spelt.group(1)) <= self.creators else 0

    def shown(self, name: str) -> int:
        """Return which account a name is, or raise what the API answers for one that it does not show."""
        hidden = name in self.renamed or self.kinds.get(name) == "personal"
        if hidden or not self.number(name):
            raise GraphError(
                110,
                "Invalid user id",
                2207013,
                error_user_title="Cannot find user",
                error_user_msg=f"The user with username: {name} cannot be found.",
            )
        return self.number(name)

    def _drawn(self, what: str, identity: str, below: int) -> int:
        return zlib.crc32(f"{self.seed}/{what}/{identity}".encode()) % below

    def account(self, number: int) -> dict[str, Any]:
        """Return all fields of an account; 0 is the own one."""
        identity = OWN_ID if number == 0 else str(FIRST_ACCOUNT + 7 * number)
        name = OWN if number == 0 else f"creator_{number:05d}"
        fields = {
            "id": identity,
            "ig_id": int(identity) - 3,
            "username": self.renamed.get(name, name),
            "name": f"Name of {name} ✿",
            "biography": f"Bio {self._drawn('bio', identity, 1000)}",
            "website": "https://example.org",
            "followers_count": 900 + self._drawn("followers", identity, 9000),
            "follows_count": 100 + self._drawn("follows", identity, 900),
            "media_count": self.own_media if number == 0 else self.media,
            "profile_picture_url": "https://pictures.example.org/1.jpg",
        }
        if number == 0:
            fields |= {"user_id": identity, "account_type": "BUSINESS", "followers_count": 48_213}
        return self._as_patched(identity, fields)

    def _as_patched(self, identity: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        both = {**fields, **self.patched.get(identity, {})}
        return {name: value for name, value in both.items() if value is not None}

    def medium(self, number: int, index: int) -> dict[str, Any]:
        """Return all fields of an account's medium; 0 is its newest. Stories count from MOST_MEDIA / 2."""
        identity = str(FIRST_MEDIUM + MOST_MEDIA * number + index)
        story = index >= MOST_MEDIA // 2
        posted = START - (9 * HOUR * (index - MOST_MEDIA // 2) if story else BETWEEN * index + 3 * HOUR)
        product = (
            STORY if story else REELS if index % 4 == 1 else AD if number == 0 and index % 20 == 19 else FEED
        )
        likes = 20 + self._drawn("likes", identity, 400)
        shortcode = f"C{number:05d}x{index:05d}"
        fields = {
            "id": identity,
            "ig_id": str(int(identity) - 11),
            "caption": None if index % 11 == 10 else f'Kaffee und Kuchen {index} ☕ #cake \\ "{index}"',
            "comments_count": 1 + self._drawn("comments", identity, 30),
            "like_count": None if number % 17 == 16 else likes,  # who hides likes
            "media_type": "VIDEO" if product == REELS else "CAROUSEL_ALBUM" if index % 6 == 2 else "IMAGE",
            "media_product_type": product,
            "media_url": None if index % 13 == 12 else f"https://media.example.org/{identity}.jpg",
            "permalink": f"https://www.instagram.com/p/{shortcode}/",
            "shortcode": shortcode,
            "timestamp": posted.strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "username": self.account(number)["username"],
            "view_count": 40 * likes if product == REELS else None,
            "is_comment_enabled": True,
            "saved_count": likes // 5,
            "shares_count": likes // 8,
            "reposts_count": likes // 20,
            "total_like_count": likes + 2,
            "total_comments_count": 1 + self._drawn("comments", identity, 30),
            "total_views_count": 45 * likes,
        }
        return self._as_patched(identity, fields)

    def found(self, identity: str) -> tuple[int, int]:
        """Return the account and the index of the own medium with some id."""
        place = int(identity) - FIRST_MEDIUM if identity.isdigit() else -1
        first_story = MOST_MEDIA // 2
        lives = 0 <= place < self.own_media or first_story <= place < first_story + self.stories
        if not lives or identity in self.gone:
            raise missing(identity)
        return 0, place

    def listed(self, number: int, begin: int, limit: int) -> list[int]:
        """Return the indices of an account's media from one on, without those deleted."""
        count = self.own_media if number == 0 else self.media
        first = FIRST_MEDIUM + MOST_MEDIA * number
        there = (index for index in range(begin, count) if str(first + index) not in self.gone)
        return [index for index, _ in zip(there, range(limit), strict=False)]

    def live_stories(self) -> list[int]:
        """Return the indices of the stories that are not a day old."""
        posted = ((at, START - 9 * HOUR * at) for at in range(self.stories))
        return [MOST_MEDIA // 2 + at for at, when in posted if self.clock.now() - when < STORY_LIVES]

    def insights(self, identity: str, metrics: list[str]) -> dict[str, Any]:
        """Return a medium's insights: one metric that does not fit fails all."""
        medium = self.medium(*self.found(identity))
        product = medium["media_product_type"]
        for metric in metrics:
            self._check(metric, METRICS)
            if product not in METRICS[metric]:
                raise GraphError(
                    100,
                    f"(#100) The Media Insights API does not support the {metric} metric for this media "
                    "product type.",
                )
        posted = datetime.strptime(medium["timestamp"], "%Y-%m-%dT%H:%M:%S%z")
        if product == STORY and int(identity) % 3 == 2:
            raise GraphError(10, "(#10) Not enough viewers for the media to show insights")
        if posted < START - CONVERTED:
            raise GraphError(
                100,
                "Invalid parameter",
                2108006,
                error_user_title="Media posted before business account conversion",
                error_user_msg="The media was posted before the account became a business account.",
            )
        if self.clock.now() - posted < DELAY and product != STORY:
            return {"data": []}
        return {"data": [self._insight(identity, metric) for metric in metrics]}

    def _check(self, metric: str, known: Mapping[str, Any]) -> None:
        if (since := self.retired.get(metric)) and self.clock.now() >= since:
            raise GraphError(
                100,
                f"(#100) Starting from version v22.0 and above, the {metric} metric is no longer supported "
                "for the queried media.",
            )
        if metric not in known:
            raise GraphError(100, f"(#100) metric[0] must be one of the following values: {', '.join(known)}")

    def _insight(self, identity: str, metric: str) -> dict[str, Any]:
        value = self.value(identity, metric)
        told = {"name": metric, "period": "lifetime", "title": metric, "id": f"{identity}/insights/{metric}"}
        if int(identity) % 7 == 0:
            return told | {"total_value": {"value": value}}
        return told | {"values": [{"value": value - 1}, {"value": value}][int(identity) % 5 != 0 :]}

    def value(self, identity: str, metric: str) -> int:
        """Return what an insight says; restated, it is a tenth more."""
        if metric in ("likes", "comments"):
            fields = self.medium(*self.found(identity))
            return int(fields.get({"likes": "like_count"}.get(metric, "comments_count"), 0))
        value = 10 + self._drawn(metric, identity, 5000)
        return value + value // 10 if identity in self.restated else value

    def account_insights(self, metrics: list[str], kind: str) -> dict[str, Any]:
        """Return the own account's insights of a day."""
        for metric in metrics:
            self._check(metric, ACCOUNT_METRICS)
            if kind != "total_value" and not ACCOUNT_METRICS[metric]:
                raise GraphError(
                    100,
                    f"(#100) The following metrics ({metric}) should be specified with parameter "
                    "metric_type=total_value",
                )
        values = {metric: 10 + self._drawn(metric, OWN_ID, 5000) for metric in metrics}
        shape = (
            (lambda value: {"total_value": {"value": value}})
            if kind == "total_value"
            else (lambda value: {"values": [{"value": value, "end_time": "2026-11-22T08:00:00+0000"}]})
        )
        return {"data": [{"name": name, "period": "day"} | shape(value) for name, value in values.items()]}


@dataclass(frozen=True)
class Field:
    """One field of an expression like media.limit(5).after(x){id,caption}."""

    name: str
    modifiers: Mapping[str, str]
    inner: tuple["Field", ...] = ()


@lru_cache(maxsize=64)
def _parts(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\s,.(){}]+|\([^()]*\)|[,.{}]", text))


def fields(text: str) -> tuple[Field, ...]:
    """Return what a `fields=` asks for."""
    parts = iter(_parts(text))
    asked, last = _fields(parts)
    if last:
        raise GraphError(2500, "Syntax error \"Expected end of string instead of '}'.\"")
    return asked


def _fields(parts: Iterator[str]) -> tuple[tuple[Field, ...], str]:
    """Return the fields up to a brace that closes, and what ended them."""
    found: list[Field] = []
    name, modifiers, inner = "", {}, ()
    for part in parts:
        if part == "{":
            inner, _ = _fields(parts)
        elif part == ".":
            modifier = next(parts)
            modifiers[modifier] = next(parts)[1:-1]
        elif part in (",", "}"):
            found.append(Field(name, modifiers, inner))
            name, modifiers, inner = "", {}, ()
            if part == "}":
                return tuple(found), part
        else:
            name = part
    return (*found, Field(name, modifiers, inner)), ""
