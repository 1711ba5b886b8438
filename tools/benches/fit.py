"""How long the fit of 1 million posts takes and what it holds, as shares of its limits.

python tools/benches/fit.py [--smoke]
"""

import json
import time

import numpy as np
import pandas as pd
import sizes

from nanospread.creators import engagement

POSTS_EACH = 10
SECONDS, MB = 60, 2_000  # limits of the fit


def posts_and_roster(n_creators: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return 10 posts of each of so many creators with the spreads of model.md D2 and D3."""
    random = np.random.default_rng(1)
    followers = np.exp(random.uniform(np.log(1e3), np.log(1e6), n_creators)).astype(np.int64)
    roster = pd.DataFrame(
        {
            "creator": [f"creator_{at:06d}" for at in range(n_creators)],
            "niche": random.choice(["beauty", "family", "fashion", "food", "pet", "travel"], n_creators),
            "followers": followers,
        }
    )
    level = -3.3 - 0.2 * (np.log(followers) - 8) + 0.7 * random.normal(size=n_creators)
    own = 0.4 * np.exp(0.35 * random.normal(size=n_creators))
    code = np.repeat(np.arange(n_creators), POSTS_EACH)
    rate = np.exp(level[code] + own[code] * random.normal(size=len(code)))
    engagements = random.poisson(rate * followers[code])
    days = pd.to_timedelta(random.uniform(0, 90, len(code)), unit="D")
    posts = pd.DataFrame(
        {
            "post": np.arange(len(code)).astype(str),
            "creator": roster["creator"].to_numpy()[code],
            "posted_at": pd.Timestamp("2026-08-01", tz="UTC") + days,
            "followers": followers[code],
            "engagements": engagements.astype(np.float64),
            "er": engagements / followers[code],
        }
    )
    return posts, roster


def fit(n_creators: int) -> dict[str, float]:
    """Return how long the fit takes and what the process then holds at most, posts included."""
    posts, roster = posts_and_roster(n_creators)
    start = time.perf_counter()
    engagement.fit(posts, roster)
    seconds = time.perf_counter() - start
    return {
        "engagement_fit_1m_posts_seconds": seconds,
        "engagement_fit_1m_posts_share_of_60_s": seconds / SECONDS,
        "engagement_fit_1m_posts_share_of_2_GB": sizes.peak_mb() / MB,
    }


if __name__ == "__main__":
    print(json.dumps(fit(sizes.asked().fit_creators)))
