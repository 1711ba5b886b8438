"""A folder of exports or a store -> tables, posts of a window, engagement model, and the brief in force."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nanospread import store
from nanospread.campaign import beliefs, reach, recruitment, tracking, unit_economics
from nanospread.campaign import brief as briefs
from nanospread.campaign.beliefs import Beliefs
from nanospread.campaign.brief import Brief
from nanospread.core import formatting, paths, weeks
from nanospread.core.formatting import ReprMixin, Rows
from nanospread.creators import authenticity, engagement, metrics, tiers
from nanospread.creators.engagement import EngagementModel
from nanospread.ingest import dataset, files, joined_results, order_results
from nanospread.ingest.credit import Rule
from nanospread.ingest.dataset import Tables
from nanospread.ingest.order_results import OrderResults, OrderSettings
from nanospread.ingest.platforms import PLATFORM
from nanospread.store import opening


@dataclass(frozen=True)
class Window:
    """Which posts count: the newest `last_posts` of each creator that are `fresh_days` to `last_days` old."""

    last_posts: int = 12
    last_days: float | None = None
    fresh_days: float = 3.0

    def __post_init__(self) -> None:
        dataset.check_window(self.last_posts, self.last_days, self.fresh_days)


@dataclass(frozen=True)
class Data:
    """A folder of exports or a store, read once, and the posts of a window with their engagement model."""

    folder: Path
    window: Window = field(default_factory=Window)
    order_settings: OrderSettings = field(default_factory=OrderSettings)
    platform: str = PLATFORM
    read: Tables | None = field(default=None, repr=False, compare=False)
    count: OrderResults | None = field(default=None, repr=False, compare=False)

    @cached_property
    def exported(self) -> Tables:
        """The validated tables as they were exported."""
        return self.read or store.opened(self.folder, self.platform)

    @cached_property
    def counted(self) -> OrderResults:
        """The tables with their orders counted among the results, and what became of each order."""
        return self.count or order_results.counted(self.exported, self.order_settings, self.platform)

    @property
    def tables(self) -> Tables:
        """The validated tables, with orders among their results and the ledger of repairs and refusals."""
        return self.counted.tables

    @cached_property
    def roster(self) -> pd.DataFrame:
        """One row per creator: creator, niche, followers (the newest count), as_of."""
        return dataset.roster(self.exported)

    @cached_property
    def results(self) -> pd.DataFrame:
        """The results of campaigns, unknown offers as the outreach log tells them."""
        return joined_results.with_offers(self.tables.results, self.tables.outreach)

    @cached_property
    def niches(self) -> tuple[str, ...]:
        """The niches of the nano creators, or of all where there are none; the largest first."""
        nano = self.roster[tiers.of(self.roster["followers"], self.platform) == "nano"]
        sizes = (nano if len(nano) else self.roster)["niche"].value_counts()
        return tuple(sorted(map(str, sizes.index), key=lambda name: (-sizes[name], name)))

    @cached_property
    def as_of(self) -> pd.Timestamp:
        """The data's own date, that of the newest post or follower count: nothing asks the clock."""
        return dataset.as_of(self.exported)

    @cached_property
    def posts(self) -> pd.DataFrame:
        """The posts of the window with their rates, as `metrics.per_post`."""
        return metrics.per_post(dataset.dated_posts(self.exported, **asdict(self.window)))

    @cached_property
    def fitted(self) -> pd.DataFrame:
        """The posts of the engagement model: of the window, and undated ones of creators without these."""
        if self.exported.undated.empty:
            return self.posts
        more = metrics.per_post(dataset.undated_posts(self.exported, self.posts))
        return pd.concat([self.posts, more], ignore_index=True)

    @cached_property
    def left_out(self) -> pd.DataFrame:
        """What the window leaves out: reason, posts, creators."""
        return dataset.left_out(self.exported, **asdict(self.window))

    @cached_property
    def engagement(self) -> EngagementModel:
        """The engagement model of the posts."""
        return engagement.fit(self.fitted, self.roster)

    @cached_property
    def contacts(self) -> pd.DataFrame:
        """What a store keeps to reach creators by: creator, and a column for each kind asked for."""
        store_folder, _ = opening.located(self.folder)
        return (
            store.contacts(self.folder) if store_folder else pd.DataFrame({"creator": pd.Series(dtype="str")})
        )

    def components(self, *, flag_is_label: bool = False) -> pd.DataFrame:
        """Return the authenticity components of each creator, as `authenticity.components`."""
        creators, comments = self.tables.creators, self.tables.comments
        return authenticity.components(
            self.posts, self.roster, creators, comments, flag_is_label=flag_is_label
        )

    def within(
        self, other: Window, order_settings: OrderSettings | None = None, platform: str = ""
    ) -> "Data":
        """Return the data under another window, with orders counted otherwise, or of another platform."""
        order_settings, platform = order_settings or self.order_settings, platform or self.platform
        if (other, order_settings, platform) == (self.window, self.order_settings, self.platform):
            return self
        if platform != self.platform:
            return Data(self.folder, other, order_settings, platform)
        if order_settings == self.order_settings:
            return Data(self.folder, other, order_settings, platform, self.exported, self.counted)
        read = self.__dict__.get("exported", self.read)  # nothing is read before it is asked for
        return Data(self.folder, other, order_settings, platform, read)


def place(data: str | Path, week: str | None = None, zone: tzinfo | None = None) -> Path:
    """Return where the data of a week are: of a store its last snapshot up to the week's end.

    A folder of exports is one state, so it stands as it is, and so does a snapshot that is named itself.
    data: "" is the bundled sample. week: such as 2026-W47; None is the newest. zone: in which the week ends;
    None is the machine's.

    Raises: InputError where there is no such folder or week, or a store has no snapshot that early.
    """
    if week is not None:
        weeks.checked(week)
    folder = paths.folder(str(data))
    store_folder, snapshot = opening.located(folder)
    if store_folder is None:
        files.check_folder(folder)
    elif week is not None and not snapshot:
        return opening.chosen(store_folder, week, zone)[-1].folder
    return folder


class SampleSize(NamedTuple):
    """How many nano creators have posts with a known rate, and how many posts the middle one of them has."""

    nano: int  # of the brief's niches
    posts: float  # each: the median
    elsewhere: tuple[str, ...]  # other niches with such creators, the largest first


def absent(niches: Sequence[str], amount: SampleSize) -> str:
    """Return that the data hold no nano creator of these niches, and in which niches they do."""
    if not amount.elsewhere:
        return "no nano creator in your data has a post with a known engagement rate"
    brief_niches, other_niches = (formatting.listed(list(names)) for names in (niches, amount.elsewhere))
    return f"your data hold no nano creator of {brief_niches}, only of {other_niches}"


def order_settings(brief: Brief, *, currency: bool = True) -> OrderSettings:
    """Return how a brief has orders counted. currency: False where the brief is nobody's own."""
    rule = Rule(brief.credit.first, brief.credit.sitewide_share)
    return OrderSettings(brief.currency if currency else "", brief.rate_table or "", rule)


@dataclass(frozen=True, repr=False)
class StudyInputs(ReprMixin):
    """What a study rests on: its data, and its brief before and after the data measured anything.

    believed: in the place of what its brief and results say is not known; None learns it.
    """

    data: Data
    asked: Brief
    believed: Beliefs | None = field(default=None, compare=False)

    @property
    def tables(self) -> Tables:
        """Return the validated tables, with the ledger of what was repaired and refused."""
        return self.data.tables

    @property
    def roster(self) -> pd.DataFrame:
        """Return one row per creator: creator, niche, followers (the newest count), as_of."""
        return self.data.roster

    @property
    def posts(self) -> pd.DataFrame:
        """Return the posts of the window with their engagement rates [share of followers]."""
        return self.data.posts

    @cached_property
    def implausible(self) -> str:
        """Return why the posts of the window cannot be, as `metrics.implausible`; there are no odds then."""
        return metrics.implausible(self.data.fitted)

    @cached_property
    def amount(self) -> SampleSize:
        """Return how many nano creators the odds would rest on."""
        posts = self.data.fitted
        rated = posts.loc[posts["er"].notna(), "creator"].value_counts()
        rows = self.roster[tiers.of(self.roster["followers"], self.data.platform) == "nano"]
        rows = rows.assign(posts=rows["creator"].map(rated)).dropna(subset="posts")
        ours = rows["niche"].isin(self.asked.niches)
        each = float(rows.loc[ours, "posts"].median()) if ours.any() else 0.0
        return SampleSize(
            int(ours.sum()), each, tuple(map(str, rows.loc[~ours, "niche"].value_counts().index))
        )

    @property
    def withheld(self) -> str:
        """Return why no odds can be given, in a clause; "" where they can."""
        return self.implausible or ("" if self.amount.nano else absent(self.asked.niches, self.amount))

    @property
    def left_out(self) -> pd.DataFrame:
        """Return what the window leaves out: reason, posts, creators."""
        return self.data.left_out

    @property
    def as_of(self) -> pd.Timestamp:
        """Return the data's own date, UTC: nothing asks the clock."""
        return self.data.as_of

    @property
    def engagement(self) -> EngagementModel:
        """Return the engagement model fitted to the posts."""
        return self.data.engagement

    @cached_property
    def measured(self) -> Mapping[str, Mapping[str, float | str]]:
        """Return the assumptions that the data measure, by name: low, central, high, basis, source."""
        rates = recruitment.measured(
            recruitment.with_offers(self.tables.outreach, self.asked), self.asked, as_of=self.as_of
        )
        pools = reach.measured(self.tables.overlaps, self.roster)
        costs = unit_economics.returns_and_discounts(self.tables.results, self.asked)
        tracked = tracking.measured(self.data.counted.credit.orders, self.tables.codes)
        return rates | pools | costs | tracked

    @cached_property
    def brief(self) -> Brief:
        """Return the brief in force: what the data measure stands in place of what is published."""
        return briefs.calibrated(self.asked, self.measured)

    @cached_property
    def beliefs(self) -> Beliefs:
        """Return what is not known of the brief's assumptions, as joint draws that the results taught."""
        if self.believed is not None:
            return self.believed
        brief, results, roster = self.brief, self.data.results, self.roster
        learned = beliefs.learned(brief, results, roster, self.tables.lift_tests)
        return beliefs.with_creators(learned, brief, results, roster)

    @property
    def nano(self) -> str:
        """Return the name of the nano option of the brief's offer, such as nano_gift."""
        return f"nano_{self.asked.nano.offer}"

    def _repr_rows(self) -> tuple[str, Rows]:
        brief, window, when = self.asked, self.data.window, self.tables.posts["posted_at"]
        span = f", from {when.min():%Y-%m-%d} to {when.max():%Y-%m-%d}" if len(when) else " with a date"
        days = "any age" if window.last_days is None else f"at most {window.last_days:g} days old"
        return f"Study of {brief.title}", [
            ("data", self.data.folder),
            ("creators", f"{len(self.roster):,}"),
            ("posts", f"{len(when):,}{span}"),
            ("window", f"newest {window.last_posts:,} of each, {window.fresh_days:g} days or older, {days}"),
            ("brief", brief.name),
            ("budget", formatting.money(brief.budget, brief.currency)),
            ("niches", ", ".join(brief.niches)),
            ("nano offer", brief.nano.offer),
            ("measured", ", ".join(self.measured) or "nothing: every assumption is published or set"),
        ]

    @property
    def basis(self) -> str:
        """Return what odds rest on: estimated where results say how well posts sell, else assumed."""
        return "estimated" if self.beliefs.sales in ("learned", "measured") else "assumed"
