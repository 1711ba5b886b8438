"""Answers of Meta's Graph API: business_discovery, or media of one's own account with their insights."""

from collections.abc import Iterator, Mapping
from typing import Any

from nanospread.ingest import documents
from nanospread.ingest.documents import Row
from nanospread.ingest.files import Export
from nanospread.ingest.sheets import Sheet

NAME = "graph"
WHAT = "Graph API answers (JSON): business_discovery with its media; own account or media with insights"
# Reasons of `nanospread fetch` for what the platform gives to nobody, or was not asked for: no row is lost.
NOT_GIVEN = (
    "personal account, or a name misspelt or changed",
    "nothing given, as of accounts with an age limit",
    "no account name of Instagram",
    "deleted or not permitted",
    "posted before the account was a professional one",
    "too few viewers",
    "not given by the platform",
    "not reached",
)
POST = ("post", "creator", "posted_at", "likes", "comments")
MEDIA = {  # our column -> the field's name
    "post": "id",
    "posted_at": "timestamp",
    "likes": "like_count",
    "comments": "comments_count",
    "views": "view_count",
    "saves": "saved",
}


def recognised(export: Export) -> bool:
    """Return if an answer holds business_discovery, media with a media_type, or an error that fetch met."""
    return export.kind == "json" and any(
        _accounts(value) or _media(value) or _is_ours(value) for value in export.sample()
    )


def _is_ours(value: Mapping[str, Any]) -> bool:
    """Return if an answer is an error, as our own fetch writes it into exports."""
    return "table" in value and isinstance(value.get("error"), Mapping)


def _accounts(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the account that an answer is about: the one discovered, or one's own with its media."""
    account = value.get("business_discovery", value)
    is_account = isinstance(account, Mapping) and (
        account is not value or ("media" in account and _media(account["media"]))
    )
    return [account] if is_account else []


def _media(value: object) -> list[Any]:
    """Return the media objects of an answer: in data, or it is one itself."""
    if not isinstance(value, Mapping):
        return []
    listed = value.get("data")
    if isinstance(listed, list):
        return listed if any(isinstance(each, Mapping) and _is_medium(each) for each in listed) else []
    return [value] if _is_medium(value) else []


def _is_medium(value: Mapping[str, Any]) -> bool:
    return "id" in value and bool({"media_type", "media_product_type"} & set(value))


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the accounts and the media; an answer that is an error is refused with its message.

    An error is an account's, unless `table` beside it says posts, as our own fetch writes it.
    """
    creators: list[Row] = []
    posts: list[Row] = []
    errors: list[Row] = []
    for number, value in export.objects:
        if why := documents.reason(value) or _why(value):
            of_posts = isinstance(value, Mapping) and value.get("table") == "posts"
            (posts if of_posts else errors).append((len(posts) + 1 if of_posts else number, why))
            continue
        accounts = _accounts(value)
        creators += [(number, _account(account)) for account in accounts]
        media = _media(accounts[0].get("media") if accounts else value)
        owner = documents.cell(accounts[0].get("username")) if accounts else ""
        posts += [(len(posts) + at, row(each, owner)) for at, each in enumerate(media, 1)]
        if not accounts and not media:
            errors.append((number, "neither an account nor media"))
    if creators or not posts:
        yield documents.sheet(export.name, "", creators + errors, ("creator", "followers"), table="creators")
    elif errors:
        posts += [(len(posts) + at, why) for at, (_, why) in enumerate(errors, 1)]
    if posts:
        yield documents.sheet(export.name, "media", posts, POST, table="posts")


def _why(value: Mapping[str, Any]) -> str:
    error = value.get("error")
    return documents.cell(error.get("message"))[:200] or "an error" if isinstance(error, Mapping) else ""


def _account(account: Mapping[str, Any]) -> dict[str, str] | str:
    """Return the account's own fields."""
    if why := documents.reason(account):
        return why
    cells = documents.flat({name: value for name, value in account.items() if name != "media"})
    renamed = {"username": "creator", "followers_count": "followers", "follows_count": "following"}
    return {renamed.get(name, name): text for name, text in cells.items()}


def row(medium: object, owner: str) -> dict[str, str] | str:
    """Return a medium with its insights as columns; a shortcode, where given, names the post."""
    if why := documents.reason(medium):
        return why
    assert isinstance(medium, Mapping)
    cells = documents.flat(
        {name: value for name, value in medium.items() if name not in ("insights", "comments")}
    )
    post = {name: text for name, text in cells.items() if name not in MEDIA.values()}
    post |= {column: cells[name] for column, name in MEDIA.items() if name in cells}
    post |= {MINE.get(name, name): text for name, text in _insights(medium.get("insights")).items()}
    post["post"] = cells.get("shortcode") or post.get("post", "")
    post.pop("shortcode", None)
    post["creator"] = post.pop("username", "") or owner
    return post


MINE = {"saved": "saves"}


def _insights(insights: object) -> dict[str, str]:
    """Return metric -> value of a medium's insights: the total, or the last of its values."""
    metrics = documents.objects(insights.get("data")) if isinstance(insights, Mapping) else []
    return {documents.cell(metric.get("name")): _value(metric) for metric in metrics}


def _value(metric: Mapping[str, Any]) -> str:
    values, total = metric.get("values"), metric.get("total_value")
    if not isinstance(total, Mapping):
        total = values[-1] if isinstance(values, list) and values else None
    return documents.cell(total.get("value")) if isinstance(total, Mapping) else ""
