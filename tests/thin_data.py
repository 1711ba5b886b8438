"""Exports with few nano creators or few posts of each, beside some larger accounts."""

from pathlib import Path

import numpy as np
import pandas as pd

NEWEST = pd.Timestamp("2026-11-15T12:00Z")


def exports(folder: Path, nano: int, posts: int, *, niche: str = "food", large: int = 4) -> Path:
    """Write creators of one niche with so many posts each, and return their folder."""
    random = np.random.default_rng(5)
    folder.mkdir(parents=True, exist_ok=True)
    followers = [2_000 + 150 * at for at in range(nano)] + [60_000 + 9_000 * at for at in range(large)]
    names = [f"maker.{at}" for at in range(len(followers))]
    accounts = pd.DataFrame({"creator": names, "followers": followers, "niche": niche})
    accounts.assign(as_of="2026-11-15").to_csv(folder / "creators.csv", index=False)
    rows = [
        (
            f"{name}-{at}",
            name,
            NEWEST - pd.Timedelta(days=5 + 3 * at),
            count * 0.03 * random.lognormal(0, 0.4),
        )
        for name, count in zip(names, followers, strict=True)
        for at in range(posts)
    ]
    frame = pd.DataFrame(rows, columns=["post", "creator", "posted_at", "likes"])
    frame.astype({"likes": "int64"}).assign(comments=3).to_csv(folder / "posts.csv", index=False)
    return folder


def brief(folder: Path, *niches: str) -> Path:
    """Write a brief with these niches, and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "ours.yaml"
    file.write_text(
        f"name: ours\ntitle: Ours\ncurrency: EUR\nbudget: 3000\nniches: [{', '.join(niches)}]\nmacro: {{}}\n"
        "nano: {offer: gift}\n"
    )
    return file
