"""Proves that compiled code is kept where a change of any source makes it anew, and that numba's setting is
left alone.
"""

import re

import numba

import nanospread
from nanospread.campaign.beliefs import quadrature
from nanospread.campaign.simulation import draws, kernel
from nanospread.core import compiled


def twice(x: float) -> float:
    return 2 * x


def test_numbas_own_setting_is_left_alone():
    assert not str(numba.config.CACHE_DIR).endswith(compiled.FOLDER.name)


def test_the_fingerprint_is_of_every_wing_that_compiled_code_can_call():
    wings = re.findall(r"^- (\w+):", nanospread.__doc__, flags=re.MULTILINE)
    assert tuple(wings[: wings.index("campaign") + 1]) == compiled.WINGS


def test_code_is_kept_under_the_fingerprint_of_all_sources():
    for function in (draws.word, kernel.walk, quadrature.campaigns):
        assert str(function.stats.cache_path).startswith(str(compiled.FOLDER))


def test_code_is_kept_for_the_next_process(tmp_path):
    assert compiled.compiled(twice, folder=tmp_path)(3.0) == 6.0
    assert list(tmp_path.rglob("*.nbc"))
    again = compiled.compiled(twice, folder=tmp_path)
    assert again(3.0) == 6.0
    assert sum(again.stats.cache_hits.values()) == 1


def test_where_nothing_can_be_written_the_function_is_compiled_and_kept_nowhere(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    fast = compiled.compiled(twice, folder=tmp_path / "file" / "cache")
    assert fast(3.0) == 6.0
    assert fast.stats.cache_path is None


def test_without_a_folder_and_where_numba_compiles_nothing_functions_still_count(tmp_path, monkeypatch):
    assert compiled.compiled(twice, folder=None)(3.0) == 6.0
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert compiled.compiled(twice, folder=tmp_path)(3.0) == 6.0
    assert list(tmp_path.iterdir()) == []
