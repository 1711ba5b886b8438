"""What a file says, read strictly: content -> a frozen model; what pydantic finds wrong, in our words."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar, get_args

import pydantic

from nanospread.core import errors, typed


class FrozenModel(pydantic.BaseModel):
    """A model that cannot change, knows all its fields and takes no text for a number."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def within(low: float, high: float) -> pydantic.WrapValidator:
    """Return the check that a number lies in [low, high], and has no second meaning that does too."""

    def check(given: object, read: pydantic.ValidatorFunctionWrapHandler) -> float | None:
        value: float | None = read(
            given.sure(low, high) if isinstance(given, typed.AmbiguousNumber) else given
        )
        if value is not None and not low <= value <= high:
            raise ValueError(f"must be from {low:,} to {high:,}")
        return value

    return pydantic.WrapValidator(check)


def spelt(pattern: str, words: str) -> Callable[[str], str]:
    """Return the check that a text fits the pattern, which `words` describe."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {words}")
        return value

    return check


class SecretValueError(ValueError):
    """What is wrong with a value that may be a secret."""


Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Listed = pydantic.BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)

Model = TypeVar("Model", bound=pydantic.BaseModel)


def checked(
    model: type[Model], content: Mapping[str, object], where: str = "", *, strict: bool | None = None
) -> Model:
    """Return the content as a model. Raises: InputError, one line that opens with `where`."""
    try:
        return model.model_validate(dict(content), strict=strict)
    except pydantic.ValidationError as error:
        problems = "; ".join(_sentence(problem, model) for problem in error.errors())
        raise errors.InputError(f"{where}{problems}") from error


def _sentence(problem: Mapping[str, Any], model: type[pydantic.BaseModel]) -> str:
    """Return one finding: field, what is allowed, what was given."""
    *owners, field = [str(part) for part in problem["loc"]] or [""]
    name, given = ".".join([*owners, field]), problem["input"]
    if problem["type"] == "extra_forbidden":
        owner = _part(model, owners)
        what = f"field of {'.'.join(owners)}" if owners else "field"
        fields = getattr(owner, "model_fields", {}).items()
        return str(errors.unknown(what, field, [known.alias or name for name, known in fields]))
    if problem["type"] == "missing":
        return f"{name} is missing"
    if problem["type"] == "model_type":
        first = next(iter(getattr(_part(model, [*owners, field]), "model_fields", {})), "field")
        return f"{name} must hold fields, such as {first}: ...; leave it out to have none; got {given!r}"
    said = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    said = said.replace("String should have", "must have").replace("a valid tuple", "a list such as [a, b]")
    if isinstance(given, dict | pydantic.BaseModel) or isinstance(
        problem.get("ctx", {}).get("error"), SecretValueError
    ):
        return f"{name} {said}".strip()
    hint = ""
    if problem["type"] == "string_type" and given is not None:
        hint = "; put text in quotes"
    elif isinstance(given, str) and (meanings := typed.meanings(given)):
        hint = f", which {meanings}"
    return f"{name} {said}; got {given!r}{hint}"


def _part(model: Any, owners: list[str]) -> Any:
    """Return the model that the names lead to, through optional ones and lists."""
    for name in owners:
        parts = [model.model_fields[name].annotation] if not name.isdigit() else [model]
        while parts and not hasattr(parts[0], "model_fields"):
            parts = [*get_args(parts[0]), *parts[1:]]
        model = parts[0] if parts else None
    return model
