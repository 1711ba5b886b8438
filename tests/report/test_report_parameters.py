"""Proves that no unknown, mistyped, out-of-range, unread or code-carrying parameter reaches a kernel."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nanospread.core.errors import InputError
from nanospread.report import parameters

GOOD = """budget: float | None = None  # money to spend
seed: int = 7  # same seed
data: str = ""
fast: bool = False
"""


def folder(
    tmp_path: Path, cell: str = GOOD, later: str = "print(budget, seed, data, fast)", tags: int = 1
) -> Path:
    """Write one notebook with `tags` parameter cells and return its folder."""
    tagged = [new_code_cell(cell, metadata={"tags": ["parameters"]}) for _ in range(tags)]
    cells = [new_markdown_cell("# 00 · What?"), *tagged, new_code_cell(later)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "00_what.ipynb")
    return tmp_path


def test_declared_parameters_carry_type_default_and_meaning(tmp_path):
    first = parameters.notebooks(folder(tmp_path))[0].parameters[0]
    assert first == parameters.Parameter("budget", ("float", "None"), None, "money to spend")


def test_a_choice_of_types_may_stand_in_words_which_papermill_can_read(tmp_path):
    words = GOOD.replace("float | None", '"float or None"')
    first = parameters.notebooks(folder(tmp_path, words))[0].parameters[0]
    assert first.kinds == ("float", "None")


def test_values_of_the_declared_types_pass_and_a_whole_number_may_stand_for_a_number(tmp_path):
    values = parameters.checked(
        parameters.notebooks(folder(tmp_path)), {"budget": 5000, "seed": 1, "fast": True}
    )
    assert values == {"budget": 5000.0, "seed": 1, "fast": True}
    assert type(values["budget"]) is float


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"budgte": 1}, "unknown parameter 'budgte'; did you mean 'budget'"),
        ({"budget": "5000"}, "'budget' must be a number or none, not '5000'"),
        ({"budget": float("nan")}, "must be a number or none, not nan"),
        ({"seed": 7.0}, "'seed' must be a whole number, not 7.0"),
        ({"seed": True}, "'seed' must be a whole number, not True"),
        ({"seed": -1}, "'seed' must be from 0 to 4,294,967,295, not -1"),
        ({"data": b"x' + __import__('os').system('true') + '"}, "'data' must be a text"),
        ({"data": Path("x")}, "'data' must be a text"),
        ({"x=1; import os; os.abort(); y": 1}, "unknown parameter 'x=1;"),
    ],
)
def test_a_wrong_name_type_or_range_is_one_line_that_names_it(tmp_path, given, said):
    with pytest.raises(InputError) as caught:
        parameters.checked(parameters.notebooks(folder(tmp_path)), given)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["'; import os; '", '"""', "a\nb", "\u2028", "\\", "{x}", "$(true)", "\x00"])
def test_any_text_value_is_written_as_the_same_text(tmp_path, text):
    assert parameters.checked(parameters.notebooks(folder(tmp_path)), {"data": text}) == {"data": text}


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("budget=5000", 5000.0),
        ("budget=none", None),
        ("seed=1000", 1000),
        ("budget=4.8", 4.8),
        ("budget=5e3", 5000.0),
        ("fast=yes", True),
        ("data=a=b", "a=b"),
    ],
)
def test_text_is_read_as_the_declared_type(tmp_path, pair, value):
    name = pair.split("=")[0]
    assert parameters.from_text(parameters.notebooks(folder(tmp_path)), [pair]) == {name: value}


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("budget=lots", "'budget' must be a number or none, not 'lots'"),
        ("budget=inf", "must be a number or none, not 'inf'"),
        ("budget=", "parameter 'budget' is given no value"),
        ("data=", "parameter 'data' is given no value"),
        ("seed=1.5", "must be a whole number, not 1.5"),
        ("seed=1_000", "not '1_000', which may mean 1000: write 1000"),
        ("seed=20.000", "not 20.000, which may mean 20 or 20000: write 20 or 20000"),
        ("budget=4,800", "not '4,800', which may mean 4.8 or 4800: write 4.8 or 4800"),
        ("budget=05000", "may mean 5000 or 2560"),
        ("budget=１２", "may mean 12: write 12"),
        ("fast=perhaps", "must be true or false"),
        ("sede=1", "did you mean 'seed'"),
        ("seed", "NAME=VALUE"),
    ],
)
def test_text_that_is_no_such_value_is_refused(tmp_path, pair, said):
    with pytest.raises(InputError, match=said):
        parameters.from_text(parameters.notebooks(folder(tmp_path)), [pair])


@pytest.mark.parametrize(
    ("cell", "later", "tags", "said"),
    [
        (GOOD, "print(budget, seed, fast)", 1, "no later cell reads the parameter 'data'"),
        (GOOD, "data = 1; print(budget, seed, fast)", 1, "no later cell reads the parameter 'data'"),
        (GOOD, "print(1)", 0, "0 cells are tagged"),
        (GOOD, "print(1)", 2, "2 cells are tagged"),
        ("n: int = 2 + seed\n", "n", 1, "default of parameter 'n' must be a literal"),
        ("n = 3\n", "n", 1, "name: type = literal"),
        ("n: int = 'x'\n", "n", 1, "'n' must be a whole number"),
        ("n: Path = 'x'\n", "n", 1, "has the type Path"),
        ("n: int = 3\nprint(n)\n", "n", 1, "name: type = literal"),
        ("n: int = 3\n", "n = (", 1, "not plain Python"),
    ],
)
def test_a_notebook_that_cannot_be_checked_is_refused(tmp_path, cell, later, tags, said):
    with pytest.raises(InputError, match=said):
        parameters.notebooks(folder(tmp_path, cell, later, tags))


def test_one_name_has_one_type_in_all_notebooks(tmp_path):
    folder(tmp_path).joinpath("00_what.ipynb").rename(tmp_path / "01_other.ipynb")
    sources = parameters.notebooks(folder(tmp_path, "seed: str = ''\n", "seed"))
    with pytest.raises(InputError, match="'seed' is a whole number, but a text in another notebook"):
        parameters.known(sources)


def test_an_empty_folder_and_a_broken_file_are_named(tmp_path):
    with pytest.raises(InputError, match="no numbered notebook"):
        parameters.notebooks(tmp_path)
    (tmp_path / "00_x.ipynb").write_text("{")
    with pytest.raises(InputError, match=r"00_x.ipynb cannot be read as a notebook"):
        parameters.notebooks(tmp_path)
