"""Reports on accounts of Modash and InsightIQ (JSON) -> creators, with the rate that the tool reports."""

from collections.abc import Iterator, Mapping
from typing import Any

from nanospread.ingest import documents
from nanospread.ingest.documents import Row
from nanospread.ingest.files import Export
from nanospread.ingest.formats import Format
from nanospread.ingest.sheets import Sheet

FRACTION = {"reported_er": "fraction"}


def _is_modash(export: Export) -> bool:
    """Return if a record holds profile.profile with followers."""
    return export.kind == "json" and any(_modash_profile(value) for value in export.sample())


def _modash_profile(value: Mapping[str, Any]) -> Mapping[str, Any]:
    outer = value.get("profile")
    inner = outer.get("profile") if isinstance(outer, Mapping) else None
    return inner if isinstance(inner, Mapping) and "followers" in inner else {}


def _of_modash(export: Export) -> Iterator[Sheet]:
    """Yield the accounts; the rate is likes alone over followers."""
    rows = [_modash_row(number, value) for number, value in export.objects]
    header = ("creator", "followers", "reported_er")
    yield documents.sheet(export.name, "", rows, header, table="creators", settings=FRACTION)


def _modash_row(number: int, value: Any) -> Row:
    if why := documents.reason(value):
        return number, why
    profile = _modash_profile(value)
    if not profile:
        return number, documents.cell(value.get("message")) or "no profile in it"
    return number, _renamed(profile, {"username": "creator", "engagementRate": "reported_er"})


def _renamed(profile: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {names.get(name, name): text for name, text in documents.flat(profile).items()}


def _is_insightiq(export: Export) -> bool:
    """Return if a record has platform_username with follower_count or reputation_history."""
    return export.kind == "json" and any(_insightiq_profile(value) for value in export.sample())


def _insightiq_profile(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the profile of an answer: itself, or what it holds as profile or data."""
    inner = [profile for profile in (value.get("profile"), value.get("data")) if isinstance(profile, Mapping)]
    for profile in (value, *inner):
        if "platform_username" in profile and {"follower_count", "reputation_history"} & set(profile):
            return profile
    return {}


def _of_insightiq(export: Export) -> Iterator[Sheet]:
    """Yield the accounts, and their months."""
    rows: list[Row] = []
    for _, value in export.objects:
        why = documents.reason(value)
        profile = {} if why else _insightiq_profile(value)
        records = _counts(profile) if profile else [why or "no profile in it"]
        rows += [(len(rows) + at, each) for at, each in enumerate(records, 1)]
    header = ("creator", "as_of", "followers", "following", "reported_er")
    yield documents.sheet(export.name, "", rows, header, table="creators", settings=FRACTION)


def _counts(profile: Mapping[str, Any]) -> list[dict[str, str] | str]:
    """Return the count of now, undated, and one for each month, dated with its first day."""
    history = profile.get("reputation_history")
    renamed = {
        "platform_username": "creator",
        "follower_count": "followers",
        "following_count": "following",
        "engagement_rate": "reported_er",
    }
    current = _renamed(
        {name: value for name, value in profile.items() if name != "reputation_history"}, renamed
    )
    months = [
        _month(current.get("creator", ""), month) for month in (history if isinstance(history, list) else [])
    ]
    return [current, *months] if current.get("followers") else months


def _month(creator: str, month: object) -> dict[str, str] | str:
    if not isinstance(month, Mapping) or documents.reason(month):
        return "no month with a follower count"
    when = documents.cell(month.get("month"))
    return {
        "creator": creator,
        "as_of": f"{when}-01" if len(when) == 7 else when,
        "followers": documents.cell(month.get("follower_count")),
        "following": documents.cell(month.get("following_count")),
    }


READERS = (
    Format(
        "modash",
        "Modash report (JSON), one or a list: handle, followers and the reported rate, a fraction",
        _is_modash,
        _of_modash,
    ),
    Format(
        "insightiq",
        "InsightIQ (Phyllo) profile analytics (JSON): followers now and by month, the reported rate, a "
        "fraction",
        _is_insightiq,
        _of_insightiq,
    ),
)
