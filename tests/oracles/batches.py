"""A campaign in two batches whose posts sell alike -> the best rule and its value, by exact enumeration.

A post brings orders at a rate that is the same for all posts of the campaign and Gamma before any is seen, so
counts are negative binomial and the rate given a count is Gamma again. Nothing of the library is used.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats


class Case(NamedTuple):
    """Posts live at both looks and in all; Gamma shape and rate; what an order earns, what a post costs."""

    looks: tuple[int, ...]
    posts: int
    shape: float
    rate: float
    earns: float
    costs: float
    discount: float = 1.0  # of what is earned one batch later
    most: int = 400  # orders that are enumerated at a look

    def gain(self, orders: np.ndarray, seen: int, more: int) -> np.ndarray:
        """Return the profit to expect of so many further posts, given the orders of those seen."""
        return more * (self.earns * (self.shape + orders) / (self.rate + seen) - self.costs)

    def chances(self, orders: float, seen: int, more: int) -> np.ndarray:
        """Return the chance of each number of further orders, given those seen."""
        shape, rate = self.shape + orders, self.rate + seen
        return stats.nbinom.pmf(np.arange(self.most), shape, rate / (rate + more))


def best(case: Case) -> tuple[float, list[tuple[int, int]]]:
    """Return the value of the best rule [money], and stop and go_on of each look (1 or 2 looks)."""
    counts, first = np.arange(case.most), case.looks[0]
    stop, everything = np.zeros(case.most), case.discount * case.gain(counts, first, case.posts - first)
    onwards, rules = np.full(case.most, -np.inf), []
    if len(case.looks) == 2:
        second = case.looks[1]
        rest = case.discount**2 * case.gain(counts, second, case.posts - second)
        rules = [(int(np.argmax(rest > 0)), int(np.argmax(rest > 0)))]
        batch = case.discount * case.gain(counts, first, second - first)
        later = np.array(
            [
                case.chances(had, first, second - first)[: case.most - had] @ np.maximum(rest[had:], 0.0)
                for had in counts
            ]
        )
        onwards = batch + later
    value = np.maximum(np.maximum(stop, everything), onwards)
    go_on = int(np.argmax(everything >= np.maximum(onwards, stop)))
    rules = [(int(np.argmax(np.maximum(onwards, everything) > 0)), go_on), *rules]
    before = case.gain(np.zeros(1), 0, first)[0]
    return float(before + case.chances(0, 0, first) @ value), rules


def earned(case: Case, rules: list[tuple[int, int]]) -> float:
    """Return the exact value of any rule of two looks [money]."""
    counts, (first, second) = np.arange(case.most), case.looks
    (stop, go_on), (cut, _) = rules
    rest = case.discount**2 * case.gain(counts, second, case.posts - second) * (counts >= cut)
    batch = case.discount * case.gain(counts, first, second - first)
    everything = case.discount * case.gain(counts, first, case.posts - first)
    value = np.zeros(case.most)
    for had in counts[stop:]:
        later = case.chances(had, first, second - first)[: case.most - had] @ rest[had:]
        value[had] = everything[had] if had >= go_on else batch[had] + later
    return float(case.gain(np.zeros(1), 0, first)[0] + case.chances(0, 0, first) @ value)


def worth_of_a_look(case: Case) -> float:
    """Return what one look is worth against the better of all and nothing, in closed form [money].

    With a batch of the looked-at posts sent first at their own profit, and no discount: E max(0, rest) by
    partial expectations of the negative binomial count.
    """
    seen, rest = case.looks[0], case.posts - case.looks[0]
    cut = int(np.ceil(case.costs * (case.rate + seen) / case.earns - case.shape))  # from here on it pays
    success = case.rate / (case.rate + seen)
    count = stats.nbinom(case.shape, success)
    mean = case.shape * seen / case.rate
    # E[S; S >= cut] = mean x P(S' >= cut - 1) with one more of the shape
    partial = mean * stats.nbinom(case.shape + 1, success).sf(cut - 2)
    above = count.sf(cut - 1)
    earns = case.earns * (case.shape * above + partial) / (case.rate + seen) - case.costs * above
    each = case.earns * case.shape / case.rate - case.costs
    return float(seen * each + rest * earns - max(case.posts * each, 0.0))
