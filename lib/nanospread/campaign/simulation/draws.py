"""Seed, purpose, name and world -> random numbers. Every draw of the simulation starts here.

Each number is a function of those four and of nothing else. So one more creator, a longer list, more worlds,
other blocks or other threads never change what anybody drew.

What one creator draws comes from a counter: the world's number, scrambled with the creator's key
(SplitMix64). What a world's creators share (`shared`) comes from Sobol points, which fill the space of the
few shared factors evenly and so cut the error of the odds. World w is point w // 16 of the independent
scramble w % 16: error bars come from the spread between the 16 scrambles, never from that between worlds.

References: Steele, Lea and Flood 2014, OOPSLA (SplitMix64); Owen 1995, `scipy.stats.qmc` (scrambled Sobol).
"""

import copy
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special
from scipy.stats import qmc

from nanospread.core.compiled import compiled
from nanospread.core.types import Floats

Words = NDArray[np.uint64]

SCRAMBLES = 16  # independent sets of Sobol points; worlds take turns among them
LANES = 4  # a 64-bit word serves so many worlds where 16 bits will do
LEVELS = 1 << 16  # equally likely cells that a quarter of a word picks from
MASK = np.uint64(LEVELS - 1)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)

SHARED = (  # the order is part of the format: the first factors have the best points
    "macro orders luck",
    "macro flop",
    "post",
    "campaign",
    "feed",
    *(f"niche {name}" for name in (
        "fashion", "beauty", "food", "travel", "family", "fitness", "interior", "pet", "other",
    )),
    "accept",
    "reply",
    "macro orders",
    "nano orders",
    "macro order values",
    "nano order values",
    "macro post",
    "macro true rate",
    "macro clicks",
    "nano clicks",
    "engagements",
)  # fmt: skip
HALF = 2.0**-31  # of the step between Sobol points


@compiled
def word(stream: np.uint64, counter: np.uint64) -> np.uint64:
    """Return 64 random bits: number `counter` of the stream that this key starts."""
    bits = stream + counter * GOLDEN
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@compiled
def words(streams: Words, counter: np.uint64, out: Words) -> None:
    """Write word number `counter` of the stream of each key."""
    for at in range(len(streams)):
        out[at] = word(streams[at], counter)


@compiled
def cell(bits: np.uint64, number: int) -> int:
    """Return which of the 65,536 cells the quarter of a word is in that belongs to world `number`."""
    return int((bits >> np.uint64(16 * (number % LANES))) & MASK)


@compiled
def cells_under(chance: float) -> int:
    """Return how many of the cells lie under this chance, to the nearest: off by 1 in 131,072 at most."""
    return int(chance * LEVELS + 0.5)


def named(names: Iterable[str]) -> Words:
    """Return a 64-bit number for each name (of a creator, a niche or an arm)."""
    hashed = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names]
    return np.array([int.from_bytes(digest, "little") for digest in hashed], dtype=np.uint64)


def keys(seed: int, purpose: str, names: Words) -> Words:
    """Return the key of each name for one purpose: where its stream of random words starts."""
    starts = np.empty_like(names)
    words(names, named([f"{seed}|{purpose}"])[0], starts)
    return starts


def key(seed: int, purpose: str, name: str = "") -> np.uint64:
    """Return the key of one purpose and one name."""
    return np.uint64(keys(seed, purpose, named([name]))[0])


@compiled
def uniform(bits: np.uint64) -> float:
    """Return the word as a uniform in (0, 1), never 0 nor 1."""
    return (float(bits >> np.uint64(12)) + 0.5) * 2.0**-52


@compiled
def _uniforms(stream: np.uint64, start: int, n: int) -> Floats:
    out = np.empty(n)
    for at in range(n):
        out[at] = uniform(word(stream, np.uint64(start + at)))
    return out


def uniforms(seed: int, purpose: str, name: str, n_worlds: int, start: int = 0) -> Floats:
    """Return one uniform in (0, 1) for each world from `start` on."""
    return _uniforms(key(seed, purpose, name), start, n_worlds)


def normals(seed: int, purpose: str, name: str, n_worlds: int, start: int = 0) -> Floats:
    """Return one standard normal for each world from `start` on."""
    return np.asarray(special.ndtri(uniforms(seed, purpose, name, n_worlds, start)))


def shared(seed: int, start: int, stop: int) -> dict[str, Floats]:
    """Return the uniforms in (0, 1) of each shared factor for worlds start to stop - 1, by its name."""
    return dict(zip(SHARED, _shared(seed, start, stop), strict=True))


@lru_cache(maxsize=8)  # blocks, of 3.5 MB at most: who moves a slider or a list stays in the same worlds
def _shared(seed: int, start: int, stop: int) -> Floats:
    return _by_world(seed, start, stop, "scramble", slice(None))


@lru_cache(maxsize=16)
def beliefs(seed: int, start: int, stop: int) -> Floats:
    """Return the uniform in (0, 1) that picks each world's draw of the beliefs, start to stop - 1.

    It is one more dimension of the Sobol points, scrambled by itself, so that the shared factors stay what
    they are without beliefs.
    """
    return np.asarray(_by_world(seed, start, stop, "beliefs", slice(-1, None))[0])


def _by_world(seed: int, start: int, stop: int, purpose: str, dimensions: slice) -> Floats:
    """Return some dimensions of the points of worlds start to stop - 1: dimensions x worlds."""
    first, last = start // SCRAMBLES, -(-stop // SCRAMBLES)
    scrambles = [_points(seed, at, first, last - first, purpose)[:, dimensions].T for at in range(SCRAMBLES)]
    points = np.stack(scrambles, axis=-1)
    worlds = points.reshape(len(points), -1)[:, start - first * SCRAMBLES :][:, : stop - start]
    worlds.flags.writeable = False
    return worlds


def _points(seed: int, scramble: int, first: int, n: int, purpose: str) -> Floats:
    """Return n points of one scramble inside (0, 1), of a power of two as scipy wants them."""
    points = copy.deepcopy(_scrambled(seed, scramble, purpose))
    if first:
        _forward(points, first)
        return np.asarray(points.random(n) + HALF)
    return np.asarray(points.random(1 << (n - 1).bit_length())[:n] + HALF)


def _forward(points: Any, place: int) -> None:
    """Put fresh points to a place, in as many steps as it has bits; scipy's fast_forward takes each point.

    The state after n points is the first with a column of direction numbers added for each bit of the Gray
    code of n - 1. Reads private fields of scipy's engine: a test compares the bits with fast_forward's.
    """
    gray = (place - 1) ^ ((place - 1) >> 1)
    for bit in range(gray.bit_length()):
        if gray >> bit & 1:
            points._quasi ^= points._sv[:, bit]
    points.num_generated = place


@lru_cache(maxsize=2 * SCRAMBLES)
def _scrambled(seed: int, scramble: int, purpose: str) -> qmc.Sobol:
    dimensions = len(SHARED) + (purpose == "beliefs")
    return qmc.Sobol(dimensions, rng=np.random.default_rng([int(key(seed, purpose)), scramble]))


def of_niche(seed: int, niche: str, factors: dict[str, Floats], start: int) -> Floats:
    """Return one niche's luck in the worlds from `start` on: of its Sobol points, else plain uniforms."""
    name = f"niche {niche}"
    n_worlds = len(factors["campaign"])
    return factors[name] if name in factors else uniforms(seed, "niche", niche, n_worlds, start)


def rates(mean: float | Floats, precision: float | Floats, uniform: Floats) -> Floats:
    """Return Beta(mean * precision, (1 - mean) * precision) rates by inversion, to about 1e-5.

    By inversion, since then a higher mean raises the rate in every world. A mean of 0 or 1 is exact. Mean or
    precision may differ from world to world: then to about 1e-3, and a mean between 0.9991 and 1
    counts as 0.9991.
    """
    if not isinstance(mean, float | int) or not isinstance(precision, float | int):
        return _rates_by_world(mean, precision, uniform)
    if mean in (0, 1):
        return np.full_like(uniform, mean)
    return read_off(_beta_quantiles(mean, precision), special.ndtri(uniform))


GRID = np.linspace(-6.5, 6.5, 833)  # normal scores between which a quantile is read off a straight line
STEPS = 1 / (GRID[1] - GRID[0])


def _rates_by_world(mean: float | Floats, precision: float | Floats, uniform: Floats) -> Floats:
    mean, precision, uniform = np.broadcast_arrays(mean, precision, uniform)
    sure = (mean == 0) | (mean == 1)
    logits, logs = special.logit(np.where(sure, 0.5, mean)), np.log(precision)
    scores = special.ndtri(uniform).clip(COARSE[0], COARSE[-1])
    places = (
        (logits - LOGITS[0]) / (LOGITS[1] - LOGITS[0]),
        (logs - PRECISIONS[0]) / (PRECISIONS[1] - PRECISIONS[0]),
        (scores - COARSE[0]) / (COARSE[1] - COARSE[0]),
    )
    drawn_rates = special.expit(ndimage.map_coordinates(_logit_quantiles(), places, order=1, mode="nearest"))
    drawn_rates[sure] = mean[sure]
    off = ~sure & ((logits < LOGITS[0]) | (logs < PRECISIONS[0]) | (logs > PRECISIONS[-1]))  # off the grid
    a, b = mean[off] * precision[off], (1 - mean[off]) * precision[off]
    drawn_rates[off] = special.betaincinv(a, b, uniform[off])
    return np.asarray(drawn_rates)


LOGITS = np.linspace(-7, 7, 29)  # of the mean
PRECISIONS = np.linspace(0, np.log(1_000), 12)  # logarithms
COARSE = np.linspace(-4.5, 4.5, 73)  # normal scores


@lru_cache
def _logit_quantiles() -> Floats:
    """Return the logit of Beta quantiles: means x precisions x scores."""
    mean, precision = special.expit(LOGITS)[:, None, None], np.exp(PRECISIONS)[:, None]
    quantiles = special.betaincinv(mean * precision, (1 - mean) * precision, special.ndtr(COARSE))
    return np.asarray(special.logit(quantiles.clip(1e-12, 1 - 1e-12)))


@lru_cache
def _beta_quantiles(mean: float, precision: float) -> Floats:
    return np.asarray(special.betaincinv(mean * precision, (1 - mean) * precision, special.ndtr(GRID)))


@compiled
def between(quantiles: Floats, score: float) -> float:
    """Return the quantile at a normal score from those on the grid."""
    step = min(max((score + 6.5) * STEPS, 0.0), 831.999)
    at = int(step)
    return float(quantiles[at] + (step - at) * (quantiles[at + 1] - quantiles[at]))


@compiled
def read_off(quantiles: Floats, scores: Floats) -> Floats:
    """Return the quantile at each normal score."""
    out = np.empty(len(scores))
    for at in range(len(scores)):
        out[at] = between(quantiles, scores[at])
    return out


def counts(seed: int, purpose: str, name: str, mean: Floats) -> Floats:
    """Return Poisson counts with these means, one for each world; a mean of 0 gives 0."""
    random = np.random.Generator(np.random.SFC64(int(key(seed, purpose, name))))
    return random.poisson(mean).astype(np.float64)


@lru_cache
def scores() -> NDArray[np.float32]:
    """Return the middle standard normal of each of 65,536 equally likely cells."""
    return np.asarray(special.ndtri((np.arange(LEVELS) + 0.5) / LEVELS), dtype=np.float32)


@lru_cache
def lifts(sd: float) -> NDArray[np.float32]:
    """Return the mean of a unit-mean log-normal in each of 65,536 equally likely cells; sd of its log.

    Of the variance is lost less than 0.01 % at sd 0.64 and 0.3 % at 1.
    """
    edges = special.ndtri(np.arange(LEVELS + 1) / LEVELS)
    means = np.diff(special.ndtr(edges - sd)) * LEVELS
    return np.asarray(means / means.mean(), dtype=np.float32)
