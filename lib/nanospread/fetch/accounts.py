"""One's own account, and creators by business_discovery -> an outcome for each account and medium."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from nanospread.core.errors import InputError
from nanospread.fetch import api_rules
from nanospread.fetch.calls import GraphRequest
from nanospread.fetch.media import NO_ID, NO_LIST, Listing, Page, Tuning, identified, insights, listing, page
from nanospread.fetch.outcomes import Outcome, digest
from nanospread.fetch.session import NOT_REACHED, Session
from nanospread.fetch.settings import Settings

NAME = re.compile(r"[a-z0-9._]{1,30}")
NO_NAME = "no account name of Instagram"
OTHER = "the platform answered about an account of another name"
AGE_GATED = "nothing given, as of accounts with an age limit"
TOO_OLD = timedelta(days=730)  # figures of media are kept for two years
TIMESTAMP = "%Y-%m-%dT%H:%M:%S%z"
NO_SCOPE = (
    "the token sees no account: it lacks pages_show_list, or business_management for a Page that a business "
    "owns, or no professional account is linked to the Page; log in again with these"
)


@dataclass(frozen=True)
class AccountResult:
    """An account as it was read: what became of it and its media, and what exports get of it.

    account: None where it was refused, and with stories. media: with their insights, where they were given.
    is_own: one's own.
    """

    outcomes: tuple[Outcome, ...]
    account: Mapping[str, Any] | None = None
    media: tuple[Mapping[str, Any], ...] = ()
    is_own: bool = False


@dataclass(frozen=True)
class Context:
    """What every request of a fetch depends on beside the account: settings and the moment of its start."""

    settings: Settings
    start: datetime

    @property
    def day(self) -> str:
        """Return the day on which the API is asked, which decides what it has."""
        return f"{self.start.astimezone(UTC):%Y-%m-%d}"

    def fields(self, node: str, tuning: Tuning) -> str:
        """Return the fields of a node of the API to ask for, in one text."""
        names = api_rules.field_names(node, self.day, self.settings.version, needed=tuning.needed_only)
        return ",".join(names)

    def enough(self, media: Mapping[str, Mapping[str, Any]], last_page: Page) -> bool:
        """Return if no further page is wanted: enough media, or all of the last page too old."""
        old = bool(last_page.media) and all(map(self.too_old, last_page.media))
        return len(media) >= self.settings.media or old

    def kept(self, media: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the media that are wanted, in the order in which they came."""
        return [each for each in media.values() if not self.too_old(each)][: self.settings.media]

    def too_old(self, medium: object) -> bool:
        """Return if a medium is older than since_days; without a readable time it is not."""
        return self.settings.since_days is not None and self.age(medium) > timedelta(self.settings.since_days)

    def age(self, medium: object) -> timedelta:
        """Return how old a medium was at the start; nothing where that is not told."""
        try:
            posted = str(medium["timestamp"]) if isinstance(medium, Mapping) else ""
            return self.start - datetime.strptime(posted, TIMESTAMP)
        except (KeyError, ValueError):
            return timedelta(0)


def own_id(session: Session, settings: Settings) -> str:
    """Return the id of one's own account: as the settings say, else the only one that the token sees.

    Raises: InputError where it sees none or several.
    """
    if settings.account or settings.login == "instagram":
        return settings.account or "me"
    request = GraphRequest(
        "me/accounts", {"fields": "instagram_business_account{id,username}", "limit": "100"}
    )
    answer = session.answer(request)
    if answer.reason == NOT_REACHED:
        return "me"  # so that whatever hangs on it is told as not reached
    result = page(answer.body, by_cursor=False)
    pages = [] if isinstance(result, str) else result.media
    linked = [each.get("instagram_business_account") for each in pages if isinstance(each, Mapping)]
    accounts = {str(one["id"]): str(one.get("username")) for one in map(identified, linked) if one}
    if len(accounts) != 1:
        session.discard(request)
        raise InputError(_why_not(answer.reason, accounts))
    return next(iter(accounts))


def _why_not(reason: str, accounts: Mapping[str, str]) -> str:
    """Return why no account can be told to be one's own."""
    if reason:
        return f"the accounts of the token cannot be read: {reason}"
    listed = ", ".join(f"{id_} ({name})" for id_, name in sorted(accounts.items()))
    return f"the token sees several accounts: write one as `account:`: {listed}" if accounts else NO_SCOPE


def creator(session: Session, tuning: Tuning, context: Context, me: str, name: str) -> AccountResult:
    """Return what business_discovery tells of a creator."""
    if not NAME.fullmatch(name):
        return AccountResult((Outcome("account", name, NO_NAME),))

    def request(after: str, tuning: Tuning) -> GraphRequest:
        profile_fields, media_fields = (context.fields(node, tuning) for node in ("profile", "discovered"))
        cursor = f".after({after})" if after else ""
        edge = f"media{cursor}.limit({min(tuning.page_size, context.settings.media)}){{{media_fields}}}"
        return GraphRequest(me, {"fields": f"business_discovery.username({name}){{{profile_fields},{edge}}}"})

    def enough(
        first_answer: Mapping[str, Any], media: Mapping[str, Mapping[str, Any]], last_page: Page
    ) -> bool:
        total = _discovered(first_answer).get("media_count")
        return context.enough(media, last_page) or (isinstance(total, int) and len(media) >= total)

    def read(body: Mapping[str, Any]) -> Page | str:
        discovered = _discovered(body)
        if not discovered.get("username"):
            return AGE_GATED
        if str(discovered["username"]).lower() != name:
            return OTHER
        return page(discovered.get("media", {"data": []}), by_cursor=True)

    listed = listing(session, tuning, request, read, enough, _doubtful)
    if listed.first_answer is not None and not listed.media and _without_media(listed.first_answer):
        listed = replace(listed, pages=0, reason=listed.reason or NO_LIST)
    return _result(
        context, name, listed, None if listed.first_answer is None else _discovered(listed.first_answer)
    )


def _discovered(body: Mapping[str, Any]) -> Mapping[str, Any]:
    discovered = body.get("business_discovery")
    return discovered if isinstance(discovered, Mapping) else {}


def _doubtful(body: Mapping[str, Any]) -> bool:
    """Return if an account is told to have no followers, as happens for a moment, or no media but some."""
    return _discovered(body).get("followers_count") == 0 or _without_media(body)


def _without_media(body: Mapping[str, Any]) -> bool:
    """Return if an account is said to have media, and none are given."""
    account = _discovered(body)
    media_page = page(account.get("media"), by_cursor=True)
    return bool(account.get("media_count")) and (
        isinstance(media_page, str) or not (media_page.media or media_page.has_next)
    )


def _result(context: Context, name: str, listed: Listing, account: Mapping[str, Any] | None) -> AccountResult:
    """Return a listed account with its outcomes; a list that was cut says where."""
    if account is None:
        return AccountResult((Outcome("account", name, listed.reason),))
    media = context.kept(listed.media)
    profile = {field: value for field, value in account.items() if field != "media"}
    outcomes = [Outcome("account", name, content=digest(profile))]
    outcomes += [Outcome("media", each["id"], content=digest(each)) for each in media]
    outcomes += [Outcome("media", f"{name}, item {number}", NO_ID) for number in range(1, listed.invalid + 1)]
    if listed.reason:
        outcomes.append(Outcome("media", f"{name}, page {listed.pages + 1}", listed.reason))
    return AccountResult(tuple(outcomes), profile, tuple(media))


def own(session: Session, tuning: Tuning, context: Context, me: str) -> Iterator[AccountResult]:
    """Yield one's own account with its media and their insights, then its stories of the last day."""
    answer = session.answer(GraphRequest(me, {"fields": context.fields("profile", Tuning())}))
    if answer.body is None or not answer.body.get("username"):
        yield AccountResult((Outcome("account", me, answer.reason or AGE_GATED),), is_own=True)
        return
    name = str(answer.body["username"])
    name = name if NAME.fullmatch(name) else me
    mine = _listed(session, tuning, context, f"{me}/media", name, answer.body)
    yield replace(_with_insights(session, tuning, context, mine), is_own=True)
    if context.settings.stories:
        stories = _listed(session, tuning, context, f"{me}/stories", f"{name}, stories", answer.body)
        stories = _without(stories, {medium["id"] for medium in mine.media})
        yield _as_stories(_with_insights(session, tuning, context, stories))


def _listed(
    session: Session, tuning: Tuning, context: Context, path: str, name: str, account: Mapping[str, Any]
) -> AccountResult:
    def request(after: str, tuning: Tuning) -> GraphRequest:
        cursor = {"after": after} if after else {}
        size = min(tuning.page_size, context.settings.media)
        return GraphRequest(path, {"fields": context.fields("media", tuning), "limit": str(size), **cursor})

    def read(body: Mapping[str, Any]) -> Page | str:
        return page(body, by_cursor=False)

    def enough(_: Mapping[str, Any], media: Mapping[str, Mapping[str, Any]], last_page: Page) -> bool:
        return context.enough(media, last_page)

    listed = listing(session, tuning, request, read, enough, lambda body: isinstance(read(body), str))
    return _result(context, name, listed, account)


def _with_insights(
    session: Session, tuning: Tuning, context: Context, result: AccountResult
) -> AccountResult:
    """Return an account's media with their figures, and what became of each request for them."""
    if not context.settings.insights:
        return result
    outcomes, media = list(result.outcomes), []
    for medium in result.media:
        if context.age(medium) > TOO_OLD:
            media.append(medium)
            continue
        figures, reason = insights(session, tuning, medium, context.day, context.settings.version)
        content = "" if reason else digest({"data": figures})
        outcomes.append(Outcome("insights", medium["id"], reason, content))
        media.append({**medium, "insights": {"data": figures}} if figures else medium)
    return replace(result, outcomes=tuple(outcomes), media=tuple(media))


def _without(result: AccountResult, ids: Collection[str]) -> AccountResult:
    """Return an account without media that were listed before: each is told, and asked for figures, once."""
    return replace(
        result,
        outcomes=tuple(one for one in result.outcomes if one.kind != "media" or one.name not in ids),
        media=tuple(medium for medium in result.media if medium["id"] not in ids),
    )


def _as_stories(result: AccountResult) -> AccountResult:
    """Return stories, without the account that they are of: it was told with its media."""
    outcomes = [one for one in result.outcomes if one.kind != "account" or one.reason]
    stories = (replace(one, kind="story") if one.kind == "media" else one for one in outcomes)
    return AccountResult(tuple(stories), media=result.media, is_own=True)
