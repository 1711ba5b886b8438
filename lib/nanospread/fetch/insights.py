"""Media -> their figures. One metric that does not fit fails a whole call: it is found and left out."""

from collections.abc import Mapping, Sequence
from typing import Any

from nanospread.fetch import fields
from nanospread.fetch.calls import GraphRequest
from nanospread.fetch.paging import Tuning
from nanospread.fetch.session import Session

NO_FIGURES = "no figures given"
UNKNOWN_TYPE = "a kind of medium without figures"
GIVE_UP_AFTER = 2  # media of a type without any figure: after these, no metric is looked for alone


def read(
    session: Session, tuning: Tuning, medium: Mapping[str, Any], day: str, version: str
) -> tuple[list[Mapping[str, Any]], str]:
    """Return the metrics of a medium as the API gives them, and why there are none, "" where there are.

    Empty data are no figures, not zeros.
    """
    kind = str(medium.get("media_product_type"))
    metrics = [name for name in fields.metrics(kind, day, version) if (kind, name) not in tuning.unsupported]
    if not metrics:
        return [], UNKNOWN_TYPE
    unsupported: list[str] = []
    found, reason = _figures(session, tuning, medium["id"], kind, metrics, unsupported)
    if found:
        tuning.unsupported |= {(kind, name) for name in unsupported}
    elif unsupported:
        tuning.without_figures[kind] = tuning.without_figures.get(kind, 0) + 1
    return found, "" if found else reason or NO_FIGURES


def _figures(
    session: Session, tuning: Tuning, medium: str, kind: str, metrics: Sequence[str], unsupported: list[str]
) -> tuple[list[Mapping[str, Any]], str]:
    """Return the figures of some metrics; where they are refused together, of each half."""
    answer = session.answer(GraphRequest(f"{medium}/insights", {"metric": ",".join(metrics)}))
    if answer.action == "split" and len(metrics) > 1 and tuning.without_figures.get(kind, 0) < GIVE_UP_AFTER:
        middle = len(metrics) // 2
        halves = [
            _figures(session, tuning, medium, kind, part, unsupported)
            for part in (metrics[:middle], metrics[middle:])
        ]
        return [each for found, _ in halves for each in found], halves[0][1] or halves[1][1]
    if answer.action == "split":
        unsupported += metrics
    listed = answer.body.get("data") if answer.body is not None else None
    told = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return told, answer.reason
