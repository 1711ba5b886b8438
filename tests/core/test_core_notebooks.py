"""What JupyterLab adds to a notebook of ours is not stored; notebooks of others stay as they are."""

import copy
import json
import tomllib

import pytest

from nanospread.core import notebooks, paths
from nanospread.pages import show

OURS = {"image/svg+xml": "<svg/>", "text/plain": "a figure", show.NUMBERS: "{}"}
VIEW = {notebooks.VIEW: {"model_id": "a1", "version_major": 2, "version_minor": 0}}


def book(*bundles):
    """Return a notebook as JupyterLab sends it, with one output for each bundle of data."""
    outputs = [{"output_type": "display_data", "data": data, "metadata": {}} for data in bundles]
    outputs.append({"output_type": "stream", "name": "stdout", "text": "done"})
    cell = {"cell_type": "code", "source": "x", "metadata": {"tags": ["x"]}, "outputs": outputs}
    language = {"name": "python", "version": "3.13.1", "mimetype": "text/x-python"}
    return {
        "nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": language, "x": 1},
        "cells": [{"cell_type": "markdown", "source": "# 1", "metadata": {}}, cell],
    }  # fmt: skip


def test_a_view_beside_a_picture_and_the_version_of_python_go_and_nothing_else():
    given = book({**OURS, **VIEW})
    before = copy.deepcopy(given)
    expected = book(OURS)
    del expected["metadata"]["language_info"]["version"]
    assert notebooks.stored(given) == expected
    assert given == before
    assert notebooks.stored(expected) == expected


def test_a_persons_own_widget_stays():
    own = {**VIEW, "text/plain": "IntSlider(value=1)"}
    stored = notebooks.stored(book(OURS, own))
    assert stored["cells"][1]["outputs"][1]["data"] == own


@pytest.mark.parametrize("bundles", [[], [{"text/plain": "1", **VIEW}]])
def test_a_notebook_of_others_stays_as_it_is(bundles):
    assert notebooks.stored(book(*bundles)) == book(*bundles)


def test_the_hook_changes_notebooks_only():
    model = {"type": "notebook", "content": book({**OURS, **VIEW})}
    notebooks.before_save(model=model, path="a.ipynb", contents_manager=None)
    assert model["content"] == notebooks.stored(book({**OURS, **VIEW}))
    for other in ({"type": "file", "content": "x"}, {"type": "directory"}, {"type": "notebook"}):
        before = copy.deepcopy(other)
        notebooks.before_save(model=other, path="a")
        assert other == before


def test_a_wheel_puts_the_extension_where_a_plain_jupyter_lab_finds_it():
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (file,) = project["tool"]["setuptools"]["data-files"]["etc/jupyter/jupyter_server_config.d"]
    named = json.loads((paths.ROOT / file).read_text(encoding="utf-8"))["ServerApp"]["jpserver_extensions"]
    assert named == {notebooks.__name__: True}
