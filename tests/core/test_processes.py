"""Proves that what reaches our processes of the user's environment is a list, and that Python is told so."""

import subprocess

import pytest

from nanospread.core import processes

HOSTILE = (
    "PYTHONSTARTUP",
    "PYTHONPATH",
    "PYTHONHOME",
    "JUPYTER_PATH",
    "JUPYTER_CONFIG_DIR",
    "IPYTHONDIR",
    "MATPLOTLIBRC",
    "OPENBLAS_CORETYPE",
    "MKL_CBWR",
    "NUMBA_DISABLE_JIT",
    "GIT_DIR",
    "LD_PRELOAD",
)


def test_only_what_is_listed_is_passed_on():
    given = dict.fromkeys(HOSTILE, "/x") | {"HOME": "/h", "LC_TIME": "C", "NANOSPREAD_X": "1", "TERM": "vt"}
    passed = processes.environment(given)
    assert passed.keys() == {"HOME", "LC_TIME", "PATH"}
    assert "TERM" in processes.environment(given, "TERM")


@pytest.mark.parametrize("name", sorted(processes.SEARCHED))
def test_no_folder_to_search_in_is_where_one_stands(name):
    given = {name: ":.:/usr/bin:bin::/bin:"}
    assert processes.environment(given)[name] == "/usr/bin:/bin"


def test_a_home_that_is_no_place_and_a_path_that_is_empty_are_none():
    assert processes.environment({"HOME": "here", "PATH": ".:"}) == processes.environment({})
    assert all(place.startswith("/") for place in processes.environment({})["PATH"].split(":"))


def test_python_imports_nothing_from_the_current_folder(tmp_path):
    (tmp_path / "json.py").write_text("print('foreign')")
    (tmp_path / "mine.py").write_text("print('foreign')")
    command = processes.python("-c", "import json, importlib.util as u; print(u.find_spec('mine'))")
    run = subprocess.run(command, cwd=tmp_path, env=processes.environment({}), capture_output=True, text=True)
    assert run.stdout == "None\n"
