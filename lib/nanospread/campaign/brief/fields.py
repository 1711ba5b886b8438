"""The kinds of fields that a brief has."""

from typing import Annotated

import pydantic

from nanospread.core import weeks
from nanospread.core.typed import Text, spelt, within

Niche = Annotated[
    str, pydantic.StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=100)
]
Name = Annotated[
    str,
    pydantic.AfterValidator(
        spelt(
            "[a-z0-9][a-z0-9_-]{0,63}", "small letters, digits, - and _, since it names the report's folder"
        )
    ),
]


def _account(name: str) -> str:
    """Return the name as the tables spell it: without the @ in front."""
    if not (bare := name.removeprefix("@")):
        raise ValueError("must be the name of an account")
    return bare


Account = Annotated[Niche, pydantic.AfterValidator(_account)]  # spelt like a niche, in small letters
Currency = Annotated[str, pydantic.AfterValidator(spelt("[A-Z]{3}", "three capitals such as EUR"))]
Zone = Annotated[Text, pydantic.AfterValidator(lambda name: weeks.zone(name).key)]
Money = Annotated[float, within(0.01, 1_000_000_000)]
