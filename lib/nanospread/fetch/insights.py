"""Media -> their figures. One metric that does not fit fails a whole call: it is found and left out."""

from collections.abc import Mapping, Sequence
from typing import Any

from nanospread.fetch import fields
from nanospread.fetch.asking import Asking
from nanospread.fetch.calls import Question
from nanospread.fetch.paging import Learned

NOTHING = "no figures given"
UNKNOWN_TYPE = "a kind of medium without figures"
HOPELESS = 2  # media of a type without any figure: after these, no metric is looked for alone


def of(
    asking: Asking, learned: Learned, medium: Mapping[str, Any], day: str, version: str
) -> tuple[list[Mapping[str, Any]], str]:
    """Return the metrics of a medium as the API gives them, and why there are none, "" where there are.

    Empty data are no figures, not zeros.
    """
    kind = str(medium.get("media_product_type"))
    metrics = [name for name in fields.metrics(kind, day, version) if (kind, name) not in learned.unfit]
    if not metrics:
        return [], UNKNOWN_TYPE
    unfit: list[str] = []
    found, reason = _figures(asking, learned, medium["id"], kind, metrics, unfit)
    if found:
        learned.unfit |= {(kind, name) for name in unfit}
    elif unfit:
        learned.without[kind] = learned.without.get(kind, 0) + 1
    return found, "" if found else reason or NOTHING


def _figures(
    asking: Asking, learned: Learned, medium: str, kind: str, metrics: Sequence[str], unfit: list[str]
) -> tuple[list[Mapping[str, Any]], str]:
    """Return the figures of some metrics; where they are refused together, of each half."""
    answer = asking.answer(Question(f"{medium}/insights", {"metric": ",".join(metrics)}))
    if answer.do == "split" and len(metrics) > 1 and learned.without.get(kind, 0) < HOPELESS:
        middle = len(metrics) // 2
        halves = [
            _figures(asking, learned, medium, kind, part, unfit)
            for part in (metrics[:middle], metrics[middle:])
        ]
        return [each for found, _ in halves for each in found], halves[0][1] or halves[1][1]
    if answer.do == "split":
        unfit += metrics
    listed = answer.body.get("data") if answer.body is not None else None
    told = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return told, answer.reason
