"""Proves that worlds which are summed in pieces say what worlds that are kept say, and the same bits whoever
counts them, in whatever order, and however often.
"""

import random
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nanospread.campaign import risk, streaming
from nanospread.campaign.risk import batches, measures
from nanospread.campaign.simulation import run
from nanospread.core.errors import InputError
from nanospread.study import open as opened
from nanospread.study import running

WORLDS = 20_000
FINITE = st.floats(-1e12, 1e12, allow_subnormal=False)


@pytest.fixture(scope="module")
def study():
    return opened().changed(budget=900.0)


@pytest.fixture
def small(monkeypatch):
    """Make pieces so small that these worlds are seven of them, each of parts."""
    monkeypatch.setattr(streaming, "PIECE", 3_200)
    monkeypatch.setattr(streaming, "PART", 1_600)
    monkeypatch.setattr(run, "BLOCK", 800)


def streamed(study, n_worlds=WORLDS, executor=None):
    rest = {"n_worlds": n_worlds, "seed": 1, "executor": executor, "beliefs": study.beliefs}
    return streaming.campaign(study.engagement, study.brief, **rest)


def test_worlds_that_are_summed_say_what_worlds_that_are_kept_say(study, small):
    kept = study.simulate(WORLDS, 1)
    summed = streamed(study)
    both = kept.summary.merge(summed.summary, on=["arm", "measure", "unit"], validate="1:1")
    assert len(both) == len(kept.summary) == len(summed.summary)
    counted = both["measure"].str.contains("_mean$|^p_")
    np.testing.assert_allclose(both.loc[counted, "value_y"], both.loc[counted, "value_x"], rtol=1e-11)
    np.testing.assert_allclose(both.loc[counted, "se_y"], both.loc[counted, "se_x"], rtol=1e-9, atol=1e-12)
    away = (both["value_y"] - both["value_x"]).abs()
    assert (away <= 1e-9 + 1e-3 * both["value_x"].abs()).all()
    assert (away <= 3 * both["se_y"] + 1e-9 * both["value_x"].abs()).all()
    assert (both["se_y"] >= 0.9 * both["se_x"] - 1e-9).all()
    pd.testing.assert_frame_equal(kept.plan, summed.plan, rtol=1e-11)
    assert kept.notes == summed.notes


class Capricious(Executor):
    """Works on tasks at random times, in any order, and on some twice, as a cluster that loses workers."""

    def __init__(self, seed):
        self.waiting, self.random = [], random.Random(seed)

    def submit(self, task, /, *arguments):
        self.waiting.append((future := Later(self), task, arguments))
        return future

    def work(self):
        future, task, arguments = self.waiting.pop(self.random.randrange(len(self.waiting)))
        if self.random.random() < 0.5:
            task(*arguments)
        future.set_result(task(*arguments))


class Later(Future):
    def __init__(self, owner):
        super().__init__()
        self.owner = owner

    def result(self, timeout=None):
        while not self.done():
            self.owner.work()
        return super().result(timeout)


def test_whoever_counts_whatever_order_and_retries_the_bits_are_the_same(study, small):
    alone = streamed(study)
    with ThreadPoolExecutor(3) as threads:
        for executor in (threads, Capricious(1), Capricious(2)):
            pd.testing.assert_frame_equal(
                alone.summary, streamed(study, executor=executor).summary, check_exact=True
            )


def test_memory_is_that_of_a_few_pieces_not_of_all_worlds(study, small):
    class Watched(Capricious):
        most = 0

        def submit(self, task, /, *arguments):
            future = super().submit(task, *arguments)
            self.most = max(self.most, len(self.waiting))
            return future

    watched = Watched(3)
    streamed(study, executor=watched)
    assert watched.most <= streaming.AHEAD


def test_a_run_of_more_worlds_than_are_kept_has_all_but_the_worlds(study, monkeypatch):
    monkeypatch.setattr(running, "KEPT", 1_999)
    kept, summed = study.simulate(1_999), study.simulate(2_000)
    assert summed.odds().columns.equals(kept.odds().columns)
    assert summed.odds().index.equals(kept.odds().index)
    assert summed.odds().notna().sum().sum() == kept.odds().notna().sum().sum()
    assert summed.estimate("macro", "p_loss").se > 0
    assert summed.plan["arm"].tolist() == kept.plan["arm"].tolist()
    assert "2,000 simulated campaigns" in repr(summed)
    for attribute in ("worlds", "decision", "unknowns", "costs"):
        with pytest.raises(InputError, match="n_worlds must be at most 1,999"):
            getattr(summed, attribute)


@pytest.mark.parametrize("n_worlds", [0, streaming.MOST + 1])
def test_a_number_of_worlds_that_cannot_be_is_refused(study, n_worlds):
    with pytest.raises(InputError, match="n_worlds must be"):
        streamed(study, n_worlds)


def binned(values, start=0):
    label = batches.label_of(np.arange(start, start + len(values)))
    return streaming._binned(values, label, sums=True)


@given(arrays.arrays(np.float64, st.integers(1, 200), elements=FINITE))
def test_bins_are_in_the_order_of_the_values_and_a_thousandth_wide(values):
    bins = binned(values)
    assert (np.diff(bins.keys) > 0).all()
    assert (bins.low <= bins.high).all()
    assert (bins.high[:-1] < bins.low[1:]).all()
    assert (bins.high - bins.low <= 2.0**-streaming.BITS * np.maximum(abs(bins.low), abs(bins.high))).all()
    assert bins.counts.sum() == len(values)
    np.testing.assert_allclose(bins.sums.sum(), values.sum(), rtol=1e-9, atol=1e-3)


@given(arrays.arrays(np.float64, st.integers(2, 200), elements=FINITE), st.integers(1, 199))
def test_bins_of_two_halves_are_those_of_the_whole(values, at):
    at = min(at, len(values) - 1)
    merged = streaming._merged(binned(values[:at]), binned(values[at:], at))
    for made, whole in zip(merged[:4], binned(values)[:4], strict=True):
        np.testing.assert_array_equal(made, whole)


@given(arrays.arrays(np.int64, st.integers(64, 400), elements=st.integers(0, 1_000)), st.floats(0, 1))
def test_quantiles_of_counts_that_have_a_bin_each_are_exact(counts, q):
    values = counts.astype(np.float64)
    sizes = np.bincount(np.arange(len(values)) % 16, minlength=16).astype(float)
    found = streaming.Quantiles(binned(values), sizes).quantile(q)
    assert found.value == pytest.approx(np.quantile(values, q), rel=1e-12)


def test_the_worst_of_a_normal_is_what_its_closed_form_says():
    draws = np.random.default_rng(5).standard_normal(160_000) * 1_000
    sizes = np.full(16, 10_000.0)
    bins = streaming.Quantiles(binned(draws), sizes)
    ours, exact = bins.cvar(0.05), measures.cvar(draws, 0.05, batch=np.arange(160_000) % 16)
    assert ours.value == pytest.approx(exact.value, rel=1e-5)
    assert ours.value == pytest.approx(-2_062.7, abs=4 * ours.se)
    assert bins.quantile(risk.TAIL).value == pytest.approx(np.quantile(draws, 0.05), rel=1e-4)
    assert ours.se == pytest.approx(exact.se, rel=0.05)
