"""A folder of exports or a store -> tables, the posts of a window, and their engagement model."""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from nanospread import store
from nanospread.core import paths, weeks
from nanospread.creators import authenticity, engagement, metrics
from nanospread.creators.engagement import EngagementModel
from nanospread.ingest import dataset, sources
from nanospread.ingest.dataset import Tables
from nanospread.store import opening


@dataclass(frozen=True)
class Window:
    """Which posts count: the newest `last_posts` of each creator that are `fresh_days` to `last_days` old."""

    last_posts: int = 12
    last_days: float | None = None
    fresh_days: float = 3.0

    def __post_init__(self) -> None:
        dataset.check_window(self.last_posts, self.last_days, self.fresh_days)


@dataclass(frozen=True)
class Data:
    """A folder of exports or a store, read once, and the posts of a window with their engagement model."""

    folder: Path
    window: Window = field(default_factory=Window)
    read: Tables | None = field(default=None, repr=False, compare=False)

    @cached_property
    def tables(self) -> Tables:
        """The validated tables, with the ledger of what was repaired and refused."""
        return self.read or store.opened(self.folder)

    @cached_property
    def roster(self) -> pd.DataFrame:
        """One row per creator: creator, niche, followers (the newest count), as_of."""
        return dataset.roster(self.tables)

    @cached_property
    def as_of(self) -> pd.Timestamp:
        """The data's own date, that of the newest post or follower count: nothing asks the clock."""
        return dataset.as_of(self.tables)

    @cached_property
    def posts(self) -> pd.DataFrame:
        """The posts of the window with their rates, as `metrics.per_post`."""
        return metrics.per_post(dataset.dated_posts(self.tables, **asdict(self.window)))

    @cached_property
    def left_out(self) -> pd.DataFrame:
        """What the window leaves out: reason, posts, creators."""
        return dataset.left_out(self.tables, **asdict(self.window))

    @cached_property
    def engagement(self) -> EngagementModel:
        """The engagement model of the posts."""
        return engagement.fit(self.posts, self.roster)

    def components(self, *, flag_is_label: bool = False) -> pd.DataFrame:
        """Return the authenticity components of each creator, as `authenticity.components`."""
        creators, comments = self.tables.creators, self.tables.comments
        return authenticity.components(
            self.posts, self.roster, creators, comments, flag_is_label=flag_is_label
        )

    def within(self, other: Window) -> "Data":
        """Return the same tables under another window of posts."""
        return self if other == self.window else Data(self.folder, other, self.tables)


def place(data: str | Path, week: str | None = None) -> Path:
    """Return where the data of a week are: of a store its last snapshot up to the week's end.

    A folder of exports is one state, so it stands as it is, and so does a snapshot that is named itself.
    data: "" is the bundled sample. week: such as 2026-W47; None is the newest.

    Raises: InputError where there is no such folder or week, or a store has no snapshot that early.
    """
    if week is not None:
        weeks.checked(week)
    folder = paths.folder(str(data))
    at, snapshot = opening.located(folder)
    if at is None:
        sources.check_folder(folder)
    elif week is not None and not snapshot:
        return opening.chosen(at, week)[-1].folder
    return folder
