"""Helpers of the week over week tests: a small data set, page 00's figures, and reports made of them."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nanospread.campaign import brief
from nanospread.ingest import sources, tables
from nanospread.pages import show
from nanospread.report import changes
from nanospread.report.changes import runs

WINDOW = {"last_posts": 12, "last_days": None, "fresh_days": 0.0}
WEEK, LAST = "2026-W47", "2026-W46"
NOW = changes.Settings(brief.read("sample"), WINDOW, 7, 400)
_MODELS: dict[tuple[Any, ...], Any] = {}  # a fit takes a third of a second
PART = 25  # posts of each creator; the older data lack the newest five


@dataclass(frozen=True)
class Sets:
    """One week's data, and which they are."""

    validated: tables.Tables
    data: changes.Data


def exports(folder: Path, posts: int = PART) -> Path:
    """Write the exports of eight creators whose engagement differs, and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"c{i}" for i in range(8)]
    niches = ["fashion", "beauty", "food", "travel"] * 2
    pd.DataFrame(
        {"creator": names, "as_of": "2026-11-20", "followers": 3000 + 500 * np.arange(8), "niche": niches}
    ).to_csv(folder / "creators.csv", index=False)
    days = pd.Timestamp("2026-11-15") - pd.to_timedelta(3 * np.arange(PART)[::-1], "D")
    rows = [
        (f"{name}-{k}", name, f"{days[k]:%Y-%m-%d}", 60 + 30 * i + 17 * ((7 * k + i) % 9), 3 + k % 4)
        for i, name in enumerate(names)
        for k in range(posts)
    ]
    columns = ["post", "creator", "posted_at", "likes", "comments"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "posts.csv", index=False)
    return folder


def sets(folder: Path, posts: int = PART) -> Sets:
    """Return the data of so many posts per creator."""
    validated = tables.validated(sources.folder(exports(folder, posts)))
    return Sets(validated, changes.data(folder, validated.posts))


def page(of: Sets, now: changes.Settings) -> tuple[pd.DataFrame, Any]:
    """Return page 00's checked figures, under their own names, and the model."""
    key = (of.data.sha256, *now.window.values())
    model = _MODELS[key] if key in _MODELS else _MODELS.setdefault(key, runs.fitted(of.validated, now))
    return runs.run(of.validated, now, model).figures.reset_index(drop=True), model


def record(of: Sets, now: changes.Settings, week: str = LAST, **other: Any) -> dict[str, Any]:
    """Return the metrics.json of a run with these settings; other: what is different in it."""
    rows, _ = page(of, now)
    shown = show.records(show.metrics(rows).data[show.METRICS])
    numbers = {row.pop("metric"): row | {"notebook": "00"} for row in shown}
    made = changes.record(
        name=now.plan.name, week=week, plan=now.plan, data=of.data, metrics=numbers,
        in_force=changes.calibrated(now.plan, of.validated),
        parameters={**now.window, "seed": now.seed, "n_worlds": now.n_worlds, "kappa": None},
    )  # fmt: skip
    return json.loads(json.dumps({**made, **other}))


def put(folder: Path, content: Any, week: str = LAST, name: str = "sample") -> Path:
    """Write a metrics.json where a published report has it; a text is written as it is."""
    file = folder / week / name / "metrics.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def since(of: Sets, now: changes.Settings, folder: Path, week: str = WEEK) -> changes.Since:
    """Return what page 00 says of a run, beside the reports of a folder."""
    rows, model = page(of, now)
    past = changes.earlier(str(folder), brief=now.plan.name, week=week)
    return changes.compared(rows, past, now, of.validated, model, data=of.data)


def other(**fields: Any) -> changes.Settings:
    """Return the settings with other fields; those of the brief by their parameter's name."""
    own = {name: fields.pop(name) for name in ("seed", "n_worlds", "window") if name in fields}
    return replace(NOW, plan=brief.changed(NOW.plan, **fields), **own)
