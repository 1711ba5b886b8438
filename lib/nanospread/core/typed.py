"""What people type, read strictly: text -> numbers that have one meaning; YAML -> plain values.

YAML 1.1 reads 05000 as 2560, 10:00 as 600 and 4.800 as 4.8, all in silence. Here a number is written as in
JSON; whatever else looks like one stays text, and `meanings` says for an error what it may have meant.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import yaml

from nanospread.core.errors import InputError

WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
NUMBER = re.compile(rf"{WHOLE.pattern}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9]+")
THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")  # three decimals, or a mark of thousands
LONGEST = 40  # characters of a number


class AmbiguousNumber(float):
    """A number that may mean another: `4.800` is 4.8, and 4800 where a point marks thousands."""

    text: str

    def __new__(cls, text: str) -> "AmbiguousNumber":
        """Return the number that the text is with a decimal point."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text

    def sure(self, low: float, high: float) -> float:
        """Return the plain number. Raises: ValueError where both meanings are from low to high."""
        thousands = int(self.text.replace(".", ""))
        if low <= self <= high and low <= thousands <= high:
            raise ValueError(f"may mean {_choice([float(self), thousands])}")
        return float(self)


def number(text: str) -> int | float | None:
    """Return the number that a text is written as, ambiguous where it has two meanings; None for no number.

    Digits are 0 to 9, the decimal mark is a point; no other mark, no leading zero, no word. One that
    no float holds (1e400) is infinite, which every field refuses.
    """
    if len(text) > LONGEST or not NUMBER.fullmatch(text):
        return None
    if WHOLE.fullmatch(text):
        return int(text)
    return AmbiguousNumber(text) if THOUSANDS.fullmatch(text) else float(text)


def whole(name: str, value: object) -> int:
    """Return a whole number, which may be a float such as 1e9. Raises: InputError naming the field."""
    number = isinstance(value, int | float | np.integer) and not isinstance(value, bool)
    if not number or value != value or value % 1:  # type: ignore[operator]
        raise InputError(f"{name} must be a whole number; got {value!r}")
    return int(value)  # type: ignore[call-overload, no-any-return]


def meanings(text: str) -> str:
    """Return what a text that is no number may mean as one, and how to write that; "" where nothing."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) <= LONGEST:
        for pattern, readings in LOOKALIKES:
            if re.fullmatch(pattern, plain, re.IGNORECASE):
                finite = [reading for reading in readings(plain) if math.isfinite(reading)]
                return f"may mean {_choice(finite)}" if finite else ""
    return ""


def _leading_zeros(text: str) -> list[float]:
    return [int(text), *([] if set(text) & {"8", "9"} else [int(text, 8)])]


def _sexagesimal(text: str) -> list[float]:
    parts = [int(part) for part in text.split(":")]
    return [parts[0], sum(part * 60**power for power, part in enumerate(reversed(parts)))]


def _grouped(text: str) -> list[float]:
    """Return what a number with marks of thousands means; one mark alone may be the decimal one."""
    *groups, last_group = re.split("[^0-9]", text)
    marks = re.findall("[^0-9]", text)
    if len(marks) == 1 and marks[0] == ",":
        return [float(text.replace(",", ".")), int(groups[0] + last_group)]
    if marks.count(marks[-1]) == 1 and len(marks) > 1:
        return [float(f"{''.join(groups)}.{last_group}")]
    return [int("".join([*groups, last_group]))]


LOOKALIKES: Sequence[tuple[str, Callable[[str], list[float]]]] = (
    (THOUSANDS.pattern, lambda text: [float(text), int(text.replace(".", ""))]),  # these two in full width
    (NUMBER.pattern, lambda text: [float(text)]),
    ("[-+]?0[0-9]+", _leading_zeros),
    ("0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+", lambda text: [int(text.replace("_", ""), 0)]),
    ("[0-9]+(?::[0-5]?[0-9])+", _sexagesimal),
    (r"[0-9]{1,3}([., '’_])[0-9]{3}(?:\1[0-9]{3})*(?:[.,][0-9]+)?", _grouped),
    ("[-+]?[0-9]+,[0-9]+", lambda text: [float(text.replace(",", "."))]),
    ("[-+]?[0-9][0-9_]*(?:[.][0-9_]*)?", lambda text: [float(text.replace("_", ""))]),
    (r"[-+]?[0-9]+(?:\.[0-9]+)? ?%", lambda text: [float(text.rstrip("% ")) / 100]),
)


def _choice(readings: Sequence[float]) -> str:
    """Return numbers as a choice, and how to write each so that it has no other meaning."""
    numbers = [f"{reading:.15g}" for reading in dict.fromkeys(readings)]
    spellings = [f"{text}0" if THOUSANDS.fullmatch(text) else text for text in numbers]
    return f"{' or '.join(numbers)}: write {' or '.join(spellings)}"


def from_yaml(text: str, *, names: bool = False) -> object:
    """Return what a YAML text holds: mappings with names as keys, lists, text, numbers, true, false, null.

    names: all that it holds are names, so numbers and truth values stay the text that they are.

    Raises: InputError naming the line: no YAML, a tag, an alias, a name that is no text or is given twice.
    """
    try:
        return yaml.load(text, Loader=_Names if names else _Values)  # both are SafeLoaders
    except yaml.MarkedYAMLError as error:
        position = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise InputError(f"{position}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"not readable as YAML ({str(error).splitlines()[0]})") from error


class _Names(yaml.SafeLoader):
    """Plain values of which each is text, a list or a mapping; aliases may stand for any amount of text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - as PyYAML declares it; else it is shared with SafeLoader

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
            raise yaml.MarkedYAMLError(
                problem="tags and aliases are not allowed", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """Refuse a name given twice: YAML itself would let the last one win in silence."""
        names: set[str] = set()
        for key, _ in node.value:
            text = key.tag.endswith(":str")
            problem = "" if text else f"the name {key.value!r} is not text; put text in quotes"
            problem = f"{key.value} is given twice" if text and key.value in names else problem
            if problem:
                raise yaml.MarkedYAMLError(problem=problem[:200], problem_mark=key.start_mark)
            names.add(key.value)
        return super().construct_mapping(node, deep)


class _Values(_Names):
    """Plain values, numbers and truth values among them, as in YAML 1.2."""

    def construct_number(self, node: yaml.ScalarNode) -> int | float | str:
        value = number(node.value)
        return node.value if value is None else value


TAG = "tag:yaml.org,2002:"
_Names.add_implicit_resolver(f"{TAG}null", re.compile("(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Values.add_implicit_resolver(f"{TAG}bool", re.compile("(?:[tT]rue|[fF]alse)$"), [*"tTfF"])
_Values.add_implicit_resolver(f"{TAG}float", re.compile(f"(?:{NUMBER.pattern})$"), [*"-+.0123456789"])
_Values.add_constructor(f"{TAG}float", _Values.construct_number)
