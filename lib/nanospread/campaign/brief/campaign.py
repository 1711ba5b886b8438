"""The brief of one campaign: fields that are possible together, and what they make of its assumptions."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

import pydantic

from nanospread.campaign.brief.assumptions import NAMES, Assumptions, Rows, published
from nanospread.campaign.brief.parts import (
    Amount,
    Batches,
    Currency,
    DataLimits,
    Deal,
    MacroQuote,
    Money,
    Name,
    NanoOffer,
    Niche,
    OrderCredit,
    PostTarget,
    ShortlistLimits,
    ToleratedLoss,
    Zone,
)
from nanospread.core import errors, formatting, weeks
from nanospread.core.formatting import ReprMixin
from nanospread.core.models import FrozenModel, Listed, Text, checked, within
from nanospread.creators import tiers
from nanospread.ingest import platforms
from nanospread.ingest.platforms import PLATFORM

DEFAULTS_IN: Final = "EUR"  # currency of the amounts in data/assumptions.csv


class Brief(ReprMixin, FrozenModel):
    """Hold one campaign: what it may spend, on whom, and under which assumptions.

    Parameters
    ----------
    name, title : str
        Of the brief; the name is a folder's too.
    currency : str
        Three capitals, such as EUR.
    rates : mapping of str to float
        Units of the currency for one EUR, as {"EUR": 11.2}: converts the amounts among the defaults.
    rate_table : str, optional
        File of exchange rates for one EUR by day, as the European Central Bank writes it: converts orders.
    budget : float
        What may be spent [money].
    niches : tuple of str
        Whose nano creators are invited.
    platform : str
        Where it runs, as data/platforms.csv names it; one other than Instagram needs assumptions of its own.
    macro : MacroQuote
        The macro that is compared with; without followers, one that the budget buys.
    nano : NanoOffer
        What nano creators are offered: gift, fee or mixed.
    mixes : tuple of float
        Shares of the budget on the macro, 0 to 1, both excluded.
    time_zone : str, optional
        In which weeks begin and end, by its IANA name, such as Europe/Berlin; None is the machine's.
    weeks : int
        Over which the posts are staggered.
    flop_roi : float
        ROI under which an option is a flop [1].
    switches : tuple of str
        Effects that are switched on, of those assumptions that have an `off` value.
    wanted : Wanted
        Live posts wanted, by when and how surely.
    tolerate_loss : ToleratedLoss
        How often at most the campaign may lose more than a share of the budget.
    batches : Batches
        How many batches at most, when orders are looked at, and the rule in force while it runs.
    shortlist : ShortlistLimits
        What the shortlist maximises, and the limits it keeps to.
    credit : OrderCredit
        Who is credited with an order: by its code or its link first, and which codes are the shop's own.
    data_limits : DataLimits
        How much of the data may be refused before a report warns.
    assumptions : mapping of str to Assumption
        One row of data/assumptions.csv each, or what replaces it.

    Examples
    --------
    >>> study.brief.currency, study.brief.nano.offer
    ('EUR', 'gift')
    """

    name: Name
    title: Text
    currency: Currency
    rates: Mapping[Literal["EUR"], Annotated[float, within(0.000001, 1_000_000)]] = {}
    rate_table: Text | None = None
    budget: Money
    niches: Annotated[tuple[Niche, ...], Listed]
    platform: str = PLATFORM
    macro: MacroQuote = MacroQuote()
    nano: NanoOffer = NanoOffer()
    mixes: Annotated[tuple[float, ...], Listed] = (0.25, 0.5, 0.75)
    time_zone: Zone | None = None
    weeks: Annotated[int, within(1, 52)] = 1
    flop_roi: Annotated[float, within(-1, 100)] = -0.5
    switches: Annotated[tuple[str, ...], Listed] = ()
    wanted: PostTarget = PostTarget()
    tolerate_loss: ToleratedLoss = ToleratedLoss()
    batches: Batches = Batches()
    shortlist: ShortlistLimits = ShortlistLimits()
    credit: OrderCredit = OrderCredit()
    data_limits: DataLimits = DataLimits()
    assumptions: Rows

    def _repr_rows(self) -> tuple[str, formatting.Rows]:
        bases = [getattr(self.assumptions, name).basis for name in NAMES]
        rests_on = [f"{bases.count(basis)} {basis}" for basis in dict.fromkeys(bases)]
        macro = self.macro.creator or (f"{self.macro.followers:,} followers" if self.macro.followers else "")
        return f"Brief {self.name}: {self.title}", [
            ("budget", formatting.money(self.budget, self.currency)),
            ("niches", ", ".join(self.niches)),
            ("macro", macro or "the one that the budget buys"),
            ("nano offer", f"{self.nano.offer}, posts {self.nano.posts}"),
            ("weeks", self.weeks),
            ("wanted", f"{self.wanted.posts:,} posts in {self.wanted.days:,} days"),
            ("switched on", ", ".join(self.switches) or "nothing"),
            ("assumptions", ", ".join(rests_on)),
        ]

    @property
    def in_eur(self) -> tuple[str, ...]:
        """The names of the amounts that are still the defaults, in EUR, though the brief counts otherwise."""
        if self.currency == DEFAULTS_IN:
            return ()
        ours = published()
        return tuple(name for name in ours.amounts() if self.assumptions[name] == ours[name])

    @property
    def defaults(self) -> Rows:
        """The assumptions that hold unless the brief or the data replace them, at the brief's rate."""
        ours, rate = published(), self.rates.get(DEFAULTS_IN)
        if self.currency == DEFAULTS_IN or not rate:
            return ours
        return ours.replaced({name: ours[name].times(rate, self.currency) for name in ours.amounts()})

    @property
    def of_others(self) -> tuple[str, ...]:
        """The names of the assumptions in force that are published for another platform than the brief's."""
        rows = self.assumptions
        elsewhere = [name for name in self.in_force() if rows[name].platform not in ("", self.platform)]
        ours = self.defaults if elsewhere else rows
        return tuple(name for name in elsewhere if rows[name] == ours[name])

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone in which weeks begin and end; None is the machine's."""
        return weeks.zone(self.time_zone) if self.time_zone else None

    @property
    def values(self) -> Assumptions[float]:
        """The values of the assumptions that are in force, as `value`."""
        return Assumptions(*[getattr(self.assumptions, name).used(self.switches) for name in NAMES])

    def value(self, name: str) -> float:
        """Return the value in force of an assumption whose name is known only now, as in a sweep.

        It is the central one, or `off` for a switch that is not on. Raises: InputError for an unknown name.
        """
        if name not in self.assumptions:
            raise errors.unknown("assumption", name, self.assumptions)
        return self.assumptions[name].used(self.switches)

    def in_force(self) -> list[str]:
        """Return the names of the assumptions that matter to a campaign now, in their order.

        Left out: what only `recruitment` reads, switches that are off, platform_memory where all posts fall
        into one week, and wear_out where nobody posts twice.
        """
        idle = {name for name, row in self.assumptions.items() if row.off is not None} - {*self.switches}
        idle |= {name for name, row in self.assumptions.items() if row.step != "simulate"}
        if self.weeks == 1:
            idle.add("platform_memory")
        if max(self.nano.posts, self.macro.posts, self.shortlist.most_posts) == 1:
            idle.add("wear_out")
        return [name for name in self.assumptions if name not in idle]

    def deal(self, share: float = 1.0) -> Deal:
        """Return the macro that this share of the budget buys.

        The whole budget buys the quoted macro, at its fee. A smaller share buys a proportionally smaller one
        at the same fee per follower (an assumption, since real fees do not fall in step with size), but none
        larger than the quoted one: what the quote leaves of a share is not spent on the macro.

        Raises: InputError for a named creator whose followers are not known yet (`quoted`).
        """
        quote = self.macro
        if quote.creator and not quote.followers:
            raise errors.InputError(f"macro.creator {quote.creator!r} must be looked up before it has a fee")
        price = self.macro_price
        if quote.followers and quote.fee:
            price = quote.fee / quote.followers
        if share == 1 and quote.followers:
            return Deal(quote.followers, quote.fee or price * quote.followers)
        if quote.followers and share * self.budget / price >= quote.followers:
            return self.deal()
        return Deal(max(1, round(share * self.budget / price)), share * self.budget)

    @property
    def asked_by_macro(self) -> float:
        """The fee of the macro on offer; 0 for one that the budget buys, or that is not looked up [money]."""
        return self.macro.fee or self.macro_price * (self.macro.followers or 0)

    @property
    def macro_price(self) -> float:
        """What a macro without a quoted fee asks for each follower, for all of its posts [money]."""
        return self.values.fee_per_follower_macro * self.macro.posts

    @property
    def out_of_reach(self) -> bool:
        """Whether the macro asks for more than the budget, which leaves nano alone."""
        return self.asked_by_macro > self.budget

    def quoted(self, followers: int) -> "Brief":
        """Return the brief with the followers of its macro filled in, as looked up for macro.creator.

        Raises: InputError for followers that cannot be.
        """
        checked(MacroQuote, {"followers": followers}, "macro.")
        macro = self.macro.model_copy(update={"followers": followers})
        return checked(Brief, {**dict(self), "macro": macro})

    @property
    def opt_in(self) -> float:
        """The share of the contacted creators who agree, reply x accept [0-1]."""
        return self.values.reply_rate * self.values.accept_rate

    @property
    def goods(self) -> float:
        """What one accepted creator is sent for a post: product and shipping [money]."""
        return self.values.product_cost + self.values.shipping

    def package(self, offer: str, followers: Amount) -> Amount:
        """Return what one accepted creator is promised for all of `nano.posts` [money].

        offer: gift, fee or mixed. followers: of one creator, or an array, which gives an array. From
        `nano.paid_from` on it gets a fee for each post and the goods once, below it the goods for each post.

        Raises: InputError for an unknown offer.
        """
        paid, posts = followers >= self.nano.paid_from(offer), self.nano.posts
        fee = self.values.fee_per_follower_nano * posts * followers
        return self.goods * (posts + (1 - posts) * paid) + fee * paid

    @pydantic.field_validator("niches")
    @classmethod
    def _some_niches(cls, niches: tuple[str, ...]) -> tuple[str, ...]:
        if not niches or len(set(niches)) < len(niches):
            raise ValueError("must name at least one niche, and each only once")
        return niches

    @pydantic.field_validator("platform")
    @classmethod
    def _known_platform(cls, platform: str) -> str:
        if platform not in platforms.known():
            raise errors.unknown("platform", platform, platforms.known())
        return platform

    @pydantic.field_validator("mixes")
    @classmethod
    def _shares(cls, mixes: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < share < 1 for share in mixes) or len({f"{100 * s:g}" for s in mixes}) < len(mixes):
            raise ValueError("must be different shares between 0 and 1, both excluded")
        return mixes

    @pydantic.field_validator("switches")
    @classmethod
    def _each_once(cls, switches: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(switches)) < len(switches):
            raise ValueError("must name each switch only once")
        return switches

    @pydantic.model_validator(mode="after")
    def _niches_of_the_brief(self) -> Self:
        for niche in self.shortlist.least_per_niche:
            if niche not in self.niches:
                raise errors.unknown("niche of shortlist.least_per_niche", niche, self.niches)
        return self

    @pydantic.model_validator(mode="after")
    def _known_switches(self) -> Self:
        known = [name for name, row in self.assumptions.items() if row.off is not None]
        for name in self.switches:
            if name not in known:
                raise errors.unknown("switch", name, known)
        return self

    @pydantic.model_validator(mode="after")
    def _possible(self) -> Self:
        values = self.values
        campaign, niche = values.rho_campaign, values.rho_niche
        if campaign + niche > 1:
            raise ValueError(
                f"rho_campaign + rho_niche must be at most 1; got {campaign + niche:g} "
                f"({campaign:g} + {niche:g})"
            )
        if values.fee_per_follower_macro <= 0:
            raise ValueError(f"fee_per_follower_macro must be above 0; got {values.fee_per_follower_macro:g}")
        rates = ("reply_rate", "accept_rate", "post_rate_gift", "post_rate_fee")
        without = {"tracked_share": "no order is seen", "incremental_share": "no order is caused"}
        for name, effect in (dict.fromkeys(rates, "nobody posts") | without).items():
            if values[name] <= 0:
                raise ValueError(f"{name} must be above 0, else {effect}; got {values[name]:g}")
        return self

    @pydantic.model_validator(mode="after")
    def _ambassadors(self) -> Self:
        rows = self.assumptions
        if rows.ambassador_join.central <= 0:
            raise ValueError("ambassador_join must be above 0, else nobody is an ambassador; got 0")
        for row in (rows.ambassador_first_loss, rows.ambassador_spread):
            if row.low <= 0 or row.central >= 1:
                text = f"{row.central:g} (low {row.low:g}, high {row.high:g})"
                raise ValueError(f"{row.name} must be above 0 and below 1; got {text}")
        return self

    @pydantic.model_validator(mode="after")
    def _paid_from_inside_nano(self) -> Self:
        low, high = tiers.ends("nano", self.platform)
        fee_from, default = self.nano.fee_from, NanoOffer.model_fields["fee_from"].default
        if not low <= fee_from <= high and (fee_from != default or self.nano.offer == "mixed"):
            raise ValueError(f"nano.fee_from must be from {low:,.0f} to {high:,.0f}; got {fee_from}")
        return self

    @pydantic.model_validator(mode="after")
    def _affordable(self) -> Self:
        values = self.values
        least = values.labour_per_contact + values.overhead_per_creator
        least += max(self.package(offer, tiers.ends("nano", self.platform)[1]) for offer in ("gift", "fee"))
        if self.budget < least:
            raise ValueError(
                f"budget must be at least {least:,.2f} (contact, goods and fee of one nano creator); "
                f"got {self.budget:,.2f}"
            )
        return self
