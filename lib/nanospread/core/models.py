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

    def check(raw: object, validate: pydantic.ValidatorFunctionWrapHandler) -> float | None:
        value: float | None = validate(raw.sure(low, high) if isinstance(raw, typed.AmbiguousNumber) else raw)
        if value is not None and not low <= value <= high:
            raise ValueError(f"must be from {low:,} to {high:,}")
        return value

    return pydantic.WrapValidator(check)


def spelt(pattern: str, description: str) -> Callable[[str], str]:
    """Return the check that a text fits the pattern, which `description` names."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {description}")
        return value

    return check


class SecretValueError(ValueError):
    """What is wrong with a value that may be a secret."""


Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Listed = pydantic.BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)

Model = TypeVar("Model", bound=pydantic.BaseModel)


def checked(
    model: type[Model], content: Mapping[str, object], prefix: str = "", *, strict: bool | None = None
) -> Model:
    """Return the content as a model. Raises: InputError, one line that opens with `prefix`."""
    try:
        return model.model_validate(dict(content), strict=strict)
    except pydantic.ValidationError as error:
        problems = "; ".join(_sentence(problem, model) for problem in error.errors())
        raise errors.InputError(f"{prefix}{problems}") from error


def _sentence(problem: Mapping[str, Any], model: type[pydantic.BaseModel]) -> str:
    """Return one finding: field, what is allowed, what was given."""
    *owners, field = [str(part) for part in problem["loc"]] or [""]
    name, value = ".".join([*owners, field]), problem["input"]
    if problem["type"] == "extra_forbidden":
        owner = _part(model, owners)
        kind = f"field of {'.'.join(owners)}" if owners else "field"
        fields = getattr(owner, "model_fields", {}).items()
        return str(errors.unknown(kind, field, [info.alias or name for name, info in fields]))
    if problem["type"] == "missing":
        return f"{name} is missing"
    if problem["type"] == "model_type":
        example = next(iter(getattr(_part(model, [*owners, field]), "model_fields", {})), "field")
        return f"{name} must hold fields, such as {example}: ...; leave it out to have none; got {value!r}"
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    message = message.replace("String should have", "must have").replace(
        "a valid tuple", "a list such as [a, b]"
    )
    if isinstance(value, dict | pydantic.BaseModel) or isinstance(
        problem.get("ctx", {}).get("error"), SecretValueError
    ):
        return f"{name} {message}".strip()
    hint = ""
    if problem["type"] == "string_type" and value is not None:
        hint = "; put text in quotes"
    elif isinstance(value, str) and (meanings := typed.meanings(value)):
        hint = f", which {meanings}"
    return f"{name} {message}; got {value!r}{hint}"


def _part(model: Any, owners: list[str]) -> Any:
    """Return the model that the names lead to, through optional ones and lists."""
    for name in owners:
        parts = [model.model_fields[name].annotation] if not name.isdigit() else [model]
        while parts and not hasattr(parts[0], "model_fields"):
            parts = [*get_args(parts[0]), *parts[1:]]
        model = parts[0] if parts else None
    return model
