"""Notebooks and given values -> checked parameters, before any kernel starts.

papermill itself only warns on an unknown name, checks no type and runs code hidden in a name; so what
reaches it from here is always a declared name with plain data of the declared type.
"""

import ast
import io
import json
import math
import re
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from nanospread.core import typed
from nanospread.core.errors import InputError, unknown

Plain = str | int | float | bool | None

TAG = "parameters"
TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "None": type(None)}
WORDS = dict(zip(TYPES, ("a text", "a whole number", "a number", "true or false", "none"), strict=True))
TRUTH = {"true": True, "yes": True, "false": False, "no": False}
RANGES: Mapping[str, tuple[int, int]] = {  # what holds in every notebook; the brief checks its own fields
    "seed": (0, 2**32 - 1),
    "n_worlds": (100, 5_000_000),
    "last_posts": (1, 1_000),
    "last_days": (1, 36_500),
    "fresh_days": (0, 365),
    "target_orders": (1, 100_000_000),
}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter: its name, the names of its types, its default and what it means."""

    name: str
    kinds: tuple[str, ...]
    default: Plain
    meaning: str


@dataclass(frozen=True)
class Notebook:
    """One notebook of the report: its file name without ending, its text and what it declares."""

    name: str
    text: str
    parameters: tuple[Parameter, ...]


def notebooks(folder: Path) -> tuple[Notebook, ...]:
    """Return the numbered notebooks of a folder with their declared parameters, in order.

    Raises InputError where there is none, or where one declares its parameters in a way nobody can check.
    """
    files = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not files:
        raise InputError(f"no numbered notebook (00_name.ipynb) in {folder}")
    return tuple(_notebook(file.stem, file.read_text(encoding="utf-8")) for file in files)


def answered(source: Notebook, sentences: Sequence[str]) -> Notebook:
    """Return a notebook of the same question and parameters whose whole answer is these sentences."""
    cells = nbformat.reads(source.text, as_version=4).cells
    question = [cell for cell in cells if cell.cell_type == "markdown"][:1]
    declared = [cell for cell in cells if TAG in cell.metadata.get("tags", [])]
    says = f"import nanospread as ns\nns.show.text(*{list(sentences)!r})"
    book = nbformat.v4.new_notebook(
        cells=[*question, *declared, nbformat.v4.new_code_cell(says, id="answer")]
    )
    return replace(source, text=nbformat.writes(book))


def known(sources: Iterable[Notebook]) -> dict[str, Parameter]:
    """Return every declared parameter by name. One name means one thing: its types agree everywhere."""
    declared: dict[str, Parameter] = {}
    for source in sources:
        for parameter in source.parameters:
            first = declared.setdefault(parameter.name, parameter)
            if first.kinds != parameter.kinds:
                raise InputError(
                    f"{source.name}: parameter {parameter.name!r} is {_words(parameter)}, "
                    f"but {_words(first)} in another notebook"
                )
    return declared


def checked(sources: Sequence[Notebook], values_given: Mapping[str, object]) -> dict[str, Plain]:
    """Return the given values, each known, of its declared type and in range.

    Raises InputError naming the parameter, the value, what is allowed and the nearest known name.
    """
    declared = known(sources)
    for name in values_given:
        if name not in declared:
            raise unknown("parameter", str(name), sorted(declared))
    values = {name: _fitting(declared[name], value) for name, value in values_given.items()}
    _inert(values)
    return values


def from_text(sources: Sequence[Notebook], pairs: Iterable[str]) -> dict[str, Plain]:
    """Return the values of `NAME=VALUE` texts, read as the declared type of each name."""
    declared = known(sources)
    values: dict[str, Plain] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"parameter {pair!r}: write it as NAME=VALUE, for example budget=5000")
        if name.strip() not in declared:
            raise unknown("parameter", name.strip(), sorted(declared))
        values[name.strip()] = _read(declared[name.strip()], value.strip())
    return values


def _notebook(name: str, text: str) -> Notebook:
    try:
        book = nbformat.reads(text, as_version=4)
    except ValueError as error:
        reason = str(error).partition("\n")[0][:200]
        raise InputError(f"{name}.ipynb cannot be read as a notebook: {reason}") from error
    tagged = [i for i, cell in enumerate(book.cells) if TAG in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise InputError(f"{name}: {len(tagged)} cells are tagged {TAG!r}; exactly one must be")
    source = book.cells[tagged[0]].source
    parameters = tuple(_parameter(name, node, _comments(source)) for node in _parsed(name, source).body)
    later = [cell.source for cell in book.cells[tagged[0] + 1 :] if cell.cell_type == "code"]
    unread = [p.name for p in parameters if p.name not in _names_read(name, later)]
    if unread:
        raise InputError(
            f"{name}: no later cell reads the parameter {unread[0]!r}, so changing it changes nothing"
        )
    return Notebook(name, text, parameters)


def _parameter(where: str, node: ast.stmt, comments: Mapping[int, str]) -> Parameter:
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.value is None:
        raise InputError(
            f"{where}: write each parameter as `name: type = literal`, not `{ast.unparse(node)}`"
        )
    name, kinds = node.target.id, _kinds(node.annotation)
    if not set(kinds) <= set(TYPES):
        raise InputError(
            f"{where}: parameter {name!r} has the type {' | '.join(kinds)}; known: {', '.join(TYPES)}"
        )
    try:
        default = ast.literal_eval(node.value)
    except ValueError as error:
        raise InputError(f"{where}: the default of parameter {name!r} must be a literal") from error
    bare = Parameter(name, kinds, None, comments.get(node.end_lineno or node.lineno, ""))
    return Parameter(name, kinds, _fitting(bare, default), bare.meaning)


def _kinds(annotation: ast.expr) -> tuple[str, ...]:
    """Return the names of the types; "float or None" is how papermill's own parser can read a choice."""
    words = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return tuple(part.strip() for part in re.split(r"\||\bor\b", str(words)))


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ").strip() for t in tokens if t.type == tokenize.COMMENT}


def _names_read(where: str, cells: Iterable[str]) -> set[str]:
    nodes = (node for cell in cells for node in ast.walk(_parsed(where, cell)))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _parsed(where: str, source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise InputError(
            f"{where}: a cell is not plain Python ({error.msg}): {source.splitlines()[0]!r}"
        ) from error


def _fitting(parameter: Parameter, value: object) -> Plain:
    """Return the value if it is exactly of a declared type; a whole number may stand for a number."""
    if type(value) is int and "int" not in parameter.kinds and "float" in parameter.kinds:
        value = float(value)
    if isinstance(value, typed.AmbiguousNumber) and "float" in parameter.kinds:
        return _sure(parameter.name, value)
    fits = any(type(value) is TYPES[kind] for kind in parameter.kinds)
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        meanings = typed.meanings(str(value)) if isinstance(value, str | typed.AmbiguousNumber) else ""
        which = f", which {meanings}" if meanings else ""
        raise InputError(f"parameter {parameter.name!r} must be {_words(parameter)}, not {value!r}{which}")
    low, high = RANGES.get(parameter.name, (-math.inf, math.inf))
    if isinstance(value, int | float) and not low <= value <= high:
        raise InputError(f"parameter {parameter.name!r} must be from {low:,} to {high:,}, not {value:,}")
    assert value is None or isinstance(value, str | int | float | bool)
    return value


def _sure(name: str, value: typed.AmbiguousNumber) -> float:
    """Return the number if it has one meaning in its range; the brief knows the ranges of its own fields."""
    try:
        return value.sure(*RANGES[name]) if name in RANGES else value
    except ValueError as error:
        raise InputError(f"parameter {name!r} {error}; got {value!r}") from None


def _read(parameter: Parameter, text: str) -> Plain:
    if not text:
        raise InputError(f"parameter {parameter.name!r} is given no value; leave it out to take its default")
    if "None" in parameter.kinds and text.lower() == "none":
        return None
    if "bool" in parameter.kinds and text.lower() in TRUTH:
        return TRUTH[text.lower()]
    number = typed.number(text) if {"int", "float"} & {*parameter.kinds} else None
    return _fitting(parameter, text if number is None else number)


def _inert(values: Mapping[str, Plain]) -> None:
    """Write the values as papermill will, and read them back: nothing but these values may come out."""
    from papermill.translators import PythonTranslator

    body = ast.parse(PythonTranslator.codify(dict(values))).body
    pairs = [(n.targets[0], n.value) for n in body if isinstance(n, ast.Assign)]
    back = {t.id: ast.literal_eval(value) for t, value in pairs if isinstance(t, ast.Name)}
    if len(body) != len(values) or json.dumps(back) != json.dumps(dict(values)):
        raise InputError(f"parameters {', '.join(values)} cannot be written as plain Python")


def _words(parameter: Parameter) -> str:
    return " or ".join(WORDS[kind] for kind in parameter.kinds)
