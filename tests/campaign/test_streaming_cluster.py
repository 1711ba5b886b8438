"""Proves that a cluster counts the same bits as this process, also where its workers are killed meanwhile.

CLUSTER=10000000 (`make kill`) counts so many worlds on one, two and four workers, with five kills.
"""

import os
import signal

import pandas as pd
import pytest

from nanospread.campaign import streaming
from nanospread.campaign.simulation import SimulationSetup
from nanospread.core import cluster
from nanospread.core.errors import InputError
from nanospread.study import open as opened
from nanospread.study import running

WORLDS = int(os.environ.get("CLUSTER", "0"))
SMALL = 40_000


@pytest.fixture(scope="module")
def study():
    return opened().changed(budget=900.0)


@pytest.fixture(scope="module")
def client():
    with cluster.connected("local:2") as found:
        yield found


def summary(study, n_worlds, client=None):
    with cluster.workers(client) as executor:
        return streaming.campaign(
            study.engagement,
            study.brief,
            n_worlds=n_worlds,
            seed=1,
            executor=executor,
            beliefs=study.beliefs,
        ).summary


@pytest.fixture
def small(monkeypatch):
    """Make pieces of one block."""
    monkeypatch.setattr(streaming, "LEAST", 1)


class Killer:
    """Ends a worker at each of so many pieces that are done, as a machine that is switched off does."""

    def __init__(self, client, kills):
        self.client, self.kills, self.killed = client, kills, []

    def __call__(self, done):
        if len(self.killed) < self.kills:
            self.client.wait_for_workers(1, timeout=60)
            pids = [
                pid
                for pid in self.client.run(os.getpid, on_error="ignore").values()
                if pid not in self.killed
            ]
            if pids:
                os.kill(pids[0], signal.SIGKILL)
                self.killed.append(pids[0])


def killed(study, n_worlds, client, kills):
    killer = Killer(client, kills)
    with cluster.workers(client) as executor:
        made = streaming.campaign(
            study.engagement, study.brief, n_worlds=n_worlds, seed=1, executor=executor,
            beliefs=study.beliefs, progress=killer,
        )  # fmt: skip
    return made.summary, len(set(killer.killed))


@pytest.mark.slow
def test_a_client_gives_the_same_bits_also_where_a_worker_is_killed(study, client, small, monkeypatch):
    monkeypatch.setattr(running, "KEPT", SMALL - 1)
    alone = study.simulate(SMALL).summary
    pd.testing.assert_frame_equal(study.simulate(SMALL, client=client).summary, alone, check_exact=True)
    found, kills = killed(study, SMALL, client, 1)
    pd.testing.assert_frame_equal(found, alone, check_exact=True)
    assert kills == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_worlds", "asked"),  # of more than one block
    [
        (17_000, lambda study, **how: [study.frontier([0, 0.5, 1], **how)]),
        (17_000, lambda study, **how: [study.sweep("kappa", [1, 5], **how)]),
        (17_000, lambda study, **how: [study.budget_curve([2_500, 5_000], **how).points]),
        (17_000, lambda study, **how: [pd.DataFrame(study.budget_for(100, **how))]),
        (2_100, lambda study, **how: [(plan := study.staged(**how)).values, plan.looks, plan.creators]),
    ],
    ids=["frontier", "sweep", "budget curve", "budget for orders", "staged plan"],
)
def test_what_a_client_computes_is_what_this_process_does(study, client, n_worlds, asked):
    how = {"n_worlds": n_worlds, "seed": 3}
    for alone, spread in zip(asked(study, **how), asked(study, **how, client=client), strict=True):
        pd.testing.assert_frame_equal(spread, alone, check_exact=True)


@pytest.mark.slow
def test_a_stage_travels_to_a_cluster_once(study, client, small, monkeypatch):
    sent, submit = [], client.submit
    monkeypatch.setattr(client, "submit", lambda *args, **how: sent.append(args) or submit(*args, **how))
    summary(study, SMALL, client)
    assert len(sent) == 1 + len(list(streaming._spans(SMALL)))
    assert sum(isinstance(one, SimulationSetup) for args in sent for one in args) == 1


def test_executor_and_client_are_one_of_the_two_and_a_client_is_one(study, client):
    with cluster.workers(client) as executor, pytest.raises(InputError, match="both given: name one"):
        study.simulate(100, executor=executor, client=client)
    with pytest.raises(InputError, match=r"client must be a distributed\.Client; got str"):
        study.simulate(100, client="tcp://127.0.0.1:8786")


@pytest.mark.slow
@pytest.mark.skipif(not WORLDS, reason="minutes: make kill")
@pytest.mark.parametrize(("workers", "kills"), [(1, 0), (2, 0), (4, 0), (2, 5)])
def test_very_many_worlds_are_the_same_bits_on_any_number_of_workers(study, exact, workers, kills):
    with cluster.connected(f"local:{workers}") as client:
        found, done = killed(study, WORLDS, client, kills)
    assert done == kills
    pd.testing.assert_frame_equal(found, exact, check_exact=True)


@pytest.fixture(scope="module")
def exact(study):
    return summary(study, WORLDS)
