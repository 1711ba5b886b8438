"""YAML -> validated Brief: what the campaign may spend, on whom, and under which assumptions.

Every assumption is a row of data/assumptions.csv that a brief may replace; the code holds none of its own.
Shares and probabilities are 0-1, money is in the brief's currency. Whatever is wrong with a brief becomes one
errors.InputError of one line: file, field, value, what is allowed, the nearest right name.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

import pandas as pd
import pydantic

from nanospread import errors, project, tiers
from nanospread.brief import plain
from nanospread.brief.assumptions import Assumption, overridden, published
from nanospread.brief.fields import Currency, Frozen, Listed, Money, Name, Niche, Text, checked, within

__all__ = [
    "Assumption",
    "Brief",
    "Deal",
    "MacroQuote",
    "NanoOffer",
    "assumptions_table",
    "changed",
    "path",
    "read",
]

BRIEFS = project.DATA / "briefs"


class MacroQuote(Frozen):
    """The macro on offer: followers and the fee it asks.

    Without followers, the budget buys as many as fee_per_follower_macro allows; followers without a fee are
    priced at fee_per_follower_macro. niche: None = the first niche of the brief.
    """

    followers: Annotated[int | None, within(1, 1_000_000_000)] = None
    fee: Annotated[float | None, within(0.01, 1_000_000_000)] = None
    niche: Niche | None = None

    @pydantic.model_validator(mode="after")
    def _fee_buys_followers(self) -> Self:
        if self.fee is not None and self.followers is None:
            raise ValueError("needs followers beside its fee")
        return self


class NanoOffer(Frozen):
    """What the mixes offer to nano creators. What gift and fee cost are assumptions."""

    offer: Literal["gift", "fee"] = "gift"


class Deal(NamedTuple):
    """What a macro costs [money] for how many followers."""

    followers: int
    fee: float


class Brief(Frozen):
    """One campaign. mixes: shares of the budget on macro; flop_roi: the ROI under which an arm is a flop."""

    name: Name
    title: Text
    currency: Currency
    budget: Money
    niches: Annotated[tuple[Niche, ...], Listed]
    macro: MacroQuote = MacroQuote()
    nano: NanoOffer = NanoOffer()
    mixes: Annotated[tuple[float, ...], Listed] = (0.25, 0.5, 0.75)
    flop_roi: Annotated[float, within(-1, 100)] = -0.5
    assumptions: Mapping[str, Assumption]

    def value(self, name: str) -> float:
        """Return the central value of an assumption. Raises: InputError for an unknown name."""
        if name not in self.assumptions:
            raise errors.unknown("assumption", name, self.assumptions)
        return self.assumptions[name].central

    def deal(self, share: float = 1.0) -> Deal:
        """Return the macro that this share of the budget buys.

        The whole budget buys the quoted macro, at its fee. A smaller share buys a proportionally smaller one
        at the same fee per follower (an assumption, since real fees do not fall in step with size), but none
        larger than the quoted one: what the quote leaves of a share is not spent on the macro.
        """
        quote = self.macro
        price = quote.fee / quote.followers if quote.followers and quote.fee else self._price()
        if share == 1 and quote.followers:
            return Deal(quote.followers, quote.fee or price * quote.followers)
        if quote.followers and share * self.budget / price >= quote.followers:
            return self.deal()
        return Deal(max(1, round(share * self.budget / price)), share * self.budget)

    def _price(self) -> float:
        return self.value("fee_per_follower_macro")

    def package(self, offer: str, followers: float) -> float:
        """Return what one accepted creator is promised [money]: goods and shipping, and the fee if paid."""
        fee = self.value("fee_per_follower_nano") * followers if offer == "fee" else 0.0
        return self.value("product_cost") + self.value("shipping") + fee

    @pydantic.field_validator("niches")
    @classmethod
    def _some_niches(cls, niches: tuple[str, ...]) -> tuple[str, ...]:
        if not niches or len(set(niches)) < len(niches):
            raise ValueError("must name at least one niche, and each only once")
        return niches

    @pydantic.field_validator("mixes")
    @classmethod
    def _shares(cls, mixes: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < share < 1 for share in mixes) or len({f"{100 * s:g}" for s in mixes}) < len(mixes):
            raise ValueError("must be different shares between 0 and 1, both excluded")
        return mixes

    @pydantic.model_validator(mode="after")
    def _possible(self) -> Self:
        common = self.value("rho_campaign") + self.value("rho_niche")
        if common > 1:
            raise ValueError(f"rho_campaign + rho_niche must be at most 1; got {common:g}")
        if self._price() <= 0:
            raise ValueError(f"fee_per_follower_macro must be above 0; got {self._price():g}")
        for rate in ("reply_rate", "accept_rate", "post_rate_gift", "post_rate_fee"):
            if self.value(rate) <= 0:
                raise ValueError(f"{rate} must be above 0, else nobody posts; got {self.value(rate):g}")
        fee, most = self.deal().fee, self.budget
        if fee > most:
            raise ValueError(f"macro.fee must be at most the budget, {most:,.2f}; got {fee:,.2f}")
        least = self.value("labour_per_contact") + self.package("fee", _largest_nano())
        if most < least:
            raise ValueError(
                f"budget must be at least {least:,.2f} (contact, goods and fee of one nano creator); "
                f"got {most:,.2f}"
            )
        return self


def _largest_nano() -> float:
    rows = tiers.table()
    return float(rows.loc[rows["tier"] == "nano", "high"].iloc[0])


def path(name_or_path: str | Path) -> Path:
    """Return the file of a brief: a name means data/briefs/<name>.yaml, anything else is a path.

    Raises: InputError where there is no such file, with the nearest known brief.
    """
    bundled = BRIEFS / f"{name_or_path}.yaml"
    found = bundled if bundled.is_file() else Path(name_or_path).expanduser()
    if not found.is_file():
        raise errors.unknown("brief", str(name_or_path), sorted(file.stem for file in BRIEFS.glob("*.yaml")))
    return found


def read(file: str | Path) -> Brief:
    """Return the validated brief of a YAML file (a path, or the name of a bundled one).

    Raises: InputError, one line that names the file and each field that is wrong.
    """
    found = path(file)
    try:
        content = plain.fields(found.read_text(encoding="utf-8"))
        own = content.pop("assumptions", None)
        known = overridden(published(), {} if own is None else own, f"set in {found.name}")
        return checked(Brief, {**content, "assumptions": known})
    except UnicodeDecodeError as error:
        raise errors.InputError(f"{found.name}: not UTF-8 text") from error
    except errors.InputError as error:
        raise errors.InputError(f"{found.name}: {error}") from error


def changed(brief: Brief, **changes: object) -> Brief:
    """Return the brief with other values, all of it validated again; None leaves a value as it is.

    changes: fields of the brief (budget=2000) and of its offers (offer="fee", macro_followers=, macro_fee=,
    macro_niche=), or assumptions (kappa=5 sets the central value).

    Raises: InputError for an unknown name or a value that cannot be.
    """
    content = {name: getattr(brief, name) for name in Brief.model_fields}
    parts = {f"macro_{name}": ("macro", name) for name in MacroQuote.model_fields} | {
        "offer": ("nano", "offer")
    }
    own: dict[str, object] = {}
    for name, value in changes.items():
        if name not in {*content, *parts, *brief.assumptions} or name == "assumptions":
            raise errors.unknown("parameter", name, [*content, *parts, *brief.assumptions])
        if value is None:
            continue
        if name in brief.assumptions:
            own[name] = value
        elif name in parts:
            part, field = parts[name]
            content[part] = {**dict(content[part]), field: value}
        else:
            content[name] = value
    known = overridden(brief.assumptions, own, "set by the analyst")
    return checked(Brief, {**content, "assumptions": known})


def check_niches(niches: Iterable[str], known: Iterable[str]) -> None:
    """Raise InputError for a niche that the data lack but nearly have; a new one is no mistake."""
    names = sorted(known)
    for niche in niches:
        if niche not in names and errors.nearest(niche, names):
            raise errors.unknown("niche", niche, names)


def allowed(brief: Brief, name: str, values: Iterable[float]) -> tuple[float, ...]:
    """Return those of the values with which the brief is still valid, for a sweep that fits every brief.

    Raises: InputError for an unknown name.
    """
    changed(brief, **{name: None})
    return tuple(value for value in values if _fits(brief, name, value))


def _fits(brief: Brief, name: str, value: float) -> bool:
    try:
        changed(brief, **{name: value})
    except errors.InputError:
        return False
    return True


def assumptions_table(brief: Brief) -> pd.DataFrame:
    """Return the brief's assumptions: name, low, central, high, unit, basis, source; one row each."""
    return pd.DataFrame([row.model_dump() for row in brief.assumptions.values()])
