"""Proves that worlds which are summed in pieces say what worlds that are kept say, and the same bits whoever
counts them, in whatever order, and however often.
"""

import os
import random
import re
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from draws import replicates
from nanospread.campaign import risk, streaming
from nanospread.campaign.risk import measures
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
    """Make pieces so small that these worlds are seven of them, each of blocks."""
    monkeypatch.setattr(streaming, "LEAST", 4)
    monkeypatch.setattr(run, "BLOCK", 800)


def streamed(study, n_worlds=WORLDS, executor=None):
    rest = {"n_worlds": n_worlds, "seed": 1, "executor": executor, "beliefs": study.beliefs}
    return streaming.campaign(study.engagement, study.brief, **rest)


@pytest.mark.slow
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


@pytest.mark.slow
def test_whoever_counts_whatever_order_and_retries_the_bits_are_the_same(study, small):
    alone = streamed(study)
    with ThreadPoolExecutor(3) as threads:
        for executor in (threads, Capricious(1), Capricious(2)):
            pd.testing.assert_frame_equal(
                alone.summary, streamed(study, executor=executor).summary, check_exact=True
            )


@pytest.mark.slow
def test_pieces_of_any_size_give_the_same_bits(study, small, monkeypatch):
    alone = streamed(study)
    monkeypatch.setattr(streaming, "LEAST", 1)
    with ThreadPoolExecutor(2) as threads:
        pd.testing.assert_frame_equal(
            alone.summary, streamed(study, executor=threads).summary, check_exact=True
        )


def test_pieces_grow_with_the_worlds_and_cover_each_once():
    for n_worlds, worlds in ((1, 1), (2_000_000, 32 * run.BLOCK), (10**9, 239 * run.BLOCK)):
        spans = list(streaming._spans(n_worlds))
        assert spans[0] == (0, min(worlds, n_worlds))
        assert [stop for _, stop in spans[:-1]] == [start for start, _ in spans[1:]]
        assert spans[-1][1] == n_worlds


@pytest.mark.slow
def test_few_pieces_wait_at_any_time(study, small, monkeypatch):
    class Watched(Capricious):
        most = 0

        def submit(self, task, /, *arguments):
            future = super().submit(task, *arguments)
            self.most = max(self.most, len(self.waiting))
            return future

    monkeypatch.setattr(run, "CORES", 2)
    watched = Watched(3)
    streamed(study, executor=watched)
    assert watched.most == run.AHEAD * 2


def test_worlds_are_numbered_beyond_32_bits(study, small):
    at = 2**31
    setup, _ = run.setup(study.engagement, study.brief, 1, None, study.beliefs)
    first = streaming._outcomes(setup, 0, 1)[:, :, 0]
    across = streaming.Totals(setup, 0.0, first)
    across.count(at - 800, at + 800)
    before, after = (streaming.piece(setup, *span, 0.0, first) for span in ((at - 800, at), (at, at + 800)))
    both = streaming.Totals(setup, 0.0, first)
    both.add(after)
    both.add(before)
    pd.testing.assert_frame_equal(
        streaming.summary(setup, across), streaming.summary(setup, both), check_exact=True
    )
    assert not np.array_equal(_profits(setup, at), _profits(setup, 0))


def _profits(on, start):
    return streaming._outcomes(on, start, start + 100)[1]


def test_progress_is_told_of_every_piece(study, small):
    told = []
    streaming.campaign(study.engagement, study.brief, n_worlds=8_000, seed=1, progress=told.append)
    assert told == [3_200, 6_400, 8_000]


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


@pytest.mark.skipif("REPLICATES" not in os.environ, reason="minutes: make replicates")
def test_errors_of_summed_quantiles_hold_over_replicates(study):
    def summed(n_worlds, seed):
        how = {"n_worlds": n_worlds, "seed": seed, "only": ["macro", "nano_gift"], "beliefs": study.beliefs}
        rows = streaming.campaign(study.engagement, study.brief, **how).summary
        return rows[rows["arm"] == "nano_gift"].set_index("measure")

    truth = summed(40 * run.BLOCK, 987_654_321)
    seeds = [summed(8_192, seed) for seed in range(1, 1 + replicates(40))]
    away = [(rows["value"] - truth["value"]) / np.hypot(rows["se"], truth["se"]) for rows in seeds]
    names = [name for name in truth.index if re.search(r"(?<!cost)_(p[159]0|5)$", name)]
    held = (pd.DataFrame(away)[names].abs() <= 1.96).to_numpy().mean()
    print(f"95 % intervals of quantiles held {held:.3f} over {len(seeds)} replicates")
    assert 0.92 <= held <= 0.99


@pytest.mark.parametrize("n_worlds", [0, streaming.MOST + 1])
def test_a_number_of_worlds_that_cannot_be_is_refused(study, n_worlds):
    with pytest.raises(InputError, match="n_worlds must be"):
        streamed(study, n_worlds)


def binned(values, start=0):
    bins = streaming.Histogram()
    bins.count(values, start)
    return bins


@given(arrays.arrays(np.float64, st.integers(1, 200), elements=FINITE))
def test_bins_are_in_the_order_of_the_values_and_a_thousandth_wide(values):
    rows = binned(values).rows()
    assert (rows.low <= rows.mean).all()
    assert (rows.mean <= rows.high).all()
    assert (rows.high[:-1] < rows.low[1:]).all()
    assert (rows.high - rows.low <= 2.0**-streaming.BITS * np.maximum(abs(rows.low), abs(rows.high))).all()
    labels = np.bincount(np.arange(len(values)) % 16, minlength=16)
    np.testing.assert_array_equal(rows.counts.sum(axis=0), labels)
    sums = (rows.mean * rows.counts.sum(axis=1)).sum()
    np.testing.assert_allclose(sums, values.sum(), rtol=1e-9, atol=1e-9 * abs(values).sum())


@given(arrays.arrays(np.float64, st.integers(2, 200), elements=FINITE), st.integers(1, 199))
def test_bins_of_two_parts_are_those_of_the_whole(values, at):
    at = min(at, len(values) - 1)
    both = binned(values[at:], at)
    both.add(binned(values[:at]).packed())
    for made, whole in zip(both.rows(), binned(values).rows(), strict=True):
        np.testing.assert_array_equal(made, whole)


@given(arrays.arrays(np.int64, st.integers(64, 400), elements=st.integers(0, 1_000)), st.floats(0, 1))
def test_quantiles_of_counts_that_have_a_bin_each_are_exact(counts, q):
    values = counts.astype(np.float64)
    sizes = np.bincount(np.arange(len(values)) % 16, minlength=16).astype(float)
    found = streaming.Quantiles(binned(values).rows(), sizes).quantile(q)
    assert found.value == pytest.approx(np.quantile(values, q), rel=1e-12)


def test_the_worst_of_a_normal_is_what_its_closed_form_says():
    draws = np.random.default_rng(5).standard_normal(160_000) * 1_000
    sizes = np.full(16, 10_000.0)
    bins = streaming.Quantiles(binned(draws).rows(), sizes)
    ours, exact = bins.cvar(0.05), measures.cvar(draws, 0.05, batch=np.arange(160_000) % 16)
    assert ours.value == pytest.approx(exact.value, rel=1e-5)
    assert ours.value == pytest.approx(-2_062.7, abs=4 * ours.se)
    assert bins.quantile(risk.TAIL).value == pytest.approx(np.quantile(draws, 0.05), rel=1e-4)
    assert ours.se == pytest.approx(exact.se, rel=0.05)
