"""What the results taught, stored for the next process: learning takes seconds, and reading none.

A file in the user's cache is named after all that enters: the values in force, the beliefs and the evidence;
its folder after the sources, the versions of what counts and the processor. No creator is in it. One that is
damaged or of something else is not believed: the results are read anew, and it is written over.
"""

import hashlib
import io
import json
from importlib.metadata import version

import numpy as np

from nanospread.campaign.beliefs import posterior
from nanospread.campaign.beliefs.evidence import Evidence
from nanospread.campaign.beliefs.importance import SamplerResult
from nanospread.campaign.beliefs.posterior import PosteriorDraws, Prior
from nanospread.campaign.brief import Brief
from nanospread.campaign.brief.assumptions import NAMES
from nanospread.core import cache, compiled

MADE_OF = (*compiled.MADE_OF, version("scipy"))
MOST = 50  # files, of 1 MB or so; those used last


def learned(brief: Brief, prior: Prior, evidence: Evidence, *, rough: bool = False) -> PosteriorDraws | None:
    """Return what `posterior.learned` does, from the user's cache where it is there; fits without draws."""
    folder = cache.folder("beliefs", *MADE_OF)
    file = folder and folder / f"{_key(brief, prior, evidence, rough)}.npz"
    if file and (content := cache.read(file)) is not None:
        return _unpacked(content)
    result = _slim(posterior.learned(brief, prior, evidence, rough=rough))
    if file and result:
        cache.write(file, _packed(result), most=MOST)
    return result


def _slim(result: PosteriorDraws | None) -> PosteriorDraws | None:
    if result is None:
        return None
    fits = tuple(fit._replace(draws=np.empty((0, 0))) for fit in result.fits)
    return result._replace(values=np.ascontiguousarray(result.values), fits=fits)


def _key(brief: Brief, prior: Prior, evidence: Evidence, rough: bool) -> str:
    """Return a hash of all that `posterior.learned` reads."""
    fixed = {name: brief.value(name) for name in brief.assumptions if name not in prior.names}
    rows = [row.model_dump() for row in (*prior.rows, *posterior.readings(brief).rows)]
    digest = hashlib.blake2b(repr((NAMES, fixed, rows, evidence.rows, rough)).encode(), digest_size=20)
    for part in (
        *(evidence.orders, evidence.reach, evidence.clicks),
        *(evidence.revenues, evidence.lifts, evidence.fees),
    ):
        for array in part:
            digest.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _packed(result: PosteriorDraws) -> bytes:
    words = {"names": result.names, "unfitted": result.unfitted, "fits": [fit[1:] for fit in result.fits]}
    content = io.BytesIO()
    np.savez(content, values=result.values, words=np.array(json.dumps(words)))
    return content.getvalue()


def _unpacked(content: bytes) -> PosteriorDraws:
    with np.load(io.BytesIO(content), allow_pickle=False) as parts:
        values, words = parts["values"], json.loads(str(parts["words"]))
    fits = tuple(SamplerResult(np.empty((0, 0)), *fit) for fit in words["fits"])
    return PosteriorDraws(values, tuple(words["names"]), fits, tuple(map(tuple, words["unfitted"])))
