"""Proves that what a newcomer meets is documented: numpydoc sections in order, examples that run as shown."""

import doctest
import inspect
from functools import reduce

import pandas as pd
import pytest
from numpydoc.validate import validate

import nanospread as ns
from nanospread.core import paths

SECTIONS = {  # summary, sections in order, each parameter with type and sentence, the same of what returns
    *("GL03", "GL05", "GL06", "GL07", "GL08", "GL10", "SS01", "SS02", "SS03", "SS04", "SS05", "SS06"),
    *("PR01", "PR02", "PR03", "PR04", "PR05", "PR07", "PR08", "PR09", "PR10", "RT03", "RT04", "RT05"),
}
CALLED = {*SECTIONS, "RT01", "EX01"}
FITTED = {"EngagementModel": {"PR01"}}  # nobody makes one by hand: its text says what it holds


@pytest.fixture(scope="module")
def names():
    """Return what the examples start from: a study of the sample, and a thousand of its campaigns."""
    study = ns.open()
    return {"ns": ns, "pd": pd, "study": study, "run": study.simulate(1_000)}


def member(name):
    return reduce(getattr, name.split("."), ns)


def path(name):
    owner = member(name.split(".")[0])
    return ".".join([owner.__module__, owner.__qualname__, *name.split(".")[1:]])


def test_it_is_as_large_as_a_newcomer_can_list():
    assert 40 <= len(ns.SURFACE) <= 60
    assert len(set(ns.SURFACE)) == len(ns.SURFACE)


@pytest.mark.parametrize("name", ns.SURFACE)
def test_its_docstring_has_the_sections_of_numpydoc(name):
    shown = member(name)
    wanted = SECTIONS if isinstance(shown, type) or not callable(shown) else CALLED
    wanted = wanted - FITTED.get(name, set())
    problems = [f"{code} {text}" for code, text in validate(path(name))["errors"] if code in wanted]
    assert problems == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ns.SURFACE if ">>>" in (member(name).__doc__ or "")])
def test_its_examples_run_as_shown(name, names):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    (example,) = doctest.DocTestFinder(recurse=False).find(
        member(name), name, module=False, globs=dict(names)
    )
    outcome = doctest.DocTestRunner(optionflags=flags).run(example)
    assert (outcome.failed, outcome.attempted > 0) == (0, True)


def test_the_reference_shows_all_of_it():
    text = (paths.ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    for name in ns.SURFACE:
        if "." not in name:
            kind = "autoclass" if inspect.isclass(member(name)) else "autofunction"
            assert f".. {kind}:: {name}\n" in text
