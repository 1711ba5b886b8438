"""Helpers of the week over week tests: a small data set, page 00's figures, and reports made of them."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nanospread.campaign import brief
from nanospread.campaign.brief import Brief
from nanospread.pages import show
from nanospread.report import changes, records
from nanospread.study import Data, Run, Study, Window

WEEK, LAST = "2026-W47", "2026-W46"
PART = 25  # posts of each creator


@dataclass(frozen=True)
class Settings:
    """What a run follows from, but for its data."""

    plan: Brief
    window: Window
    seed: int
    n_worlds: int


NOW = Settings(brief.read("sample"), Window(fresh_days=0.0), 7, 400)


class Sets:
    """One week's data under any window, and which they are."""

    def __init__(self, folder: Path) -> None:
        self._data = {NOW.window: Data(folder, NOW.window)}  # a fit takes a third of a second
        self.data = records.data(folder, self._data[NOW.window].tables)

    def run(self, now: Settings) -> Run:
        """Return a run on these data; nothing is simulated yet."""
        data = self._data.setdefault(now.window, self._data[NOW.window].within(now.window))
        return Run(Study(data, now.plan), now.n_worlds, now.seed)


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
    return Sets(exports(folder, posts))


def page(of: Sets, now: Settings) -> pd.DataFrame:
    """Return page 00's checked figures, under their own names."""
    return changes.headline(of.run(now)).figures.reset_index(drop=True)


def record(of: Sets, now: Settings, week: str = LAST, **other: Any) -> dict[str, Any]:
    """Return the metrics.json of a run with these settings; other: what is different in it."""
    shown = show.records(show.metrics(page(of, now)).data[show.METRICS])
    numbers = {row.pop("metric"): row | {"notebook": "00"} for row in shown}
    made = records.record(
        name=now.plan.name, week=week, plan=now.plan, data=of.data, metrics=numbers,
        in_force=of.run(now).study.brief,
        parameters={**asdict(now.window), "seed": now.seed, "n_worlds": now.n_worlds, "kappa": None},
    )  # fmt: skip
    return json.loads(json.dumps({**made, **other}))


def put(folder: Path, content: Any, week: str = LAST, name: str = "sample") -> Path:
    """Write a metrics.json where a published report has it; a text is written as it is."""
    file = folder / week / name / "metrics.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def since(of: Sets, now: Settings, folder: Path, week: str = WEEK) -> changes.ReportChanges:
    """Return what page 00 says of a run, beside the reports of a folder."""
    return changes.compared(page(of, now), of.run(now), str(folder), week, data=of.data)


def other(**fields: Any) -> Settings:
    """Return the settings with other fields; those of the brief by their parameter's name."""
    given = {name: fields.pop(name) for name in ("seed", "n_worlds", "window") if name in fields}
    return replace(NOW, plan=brief.changed(NOW.plan, **fields), **given)
