"""A seed in, synthetic exports out, labelled so: one file for each table that a run can read.

Nobody in these files exists. Levels and spreads follow real posts and published funnels (model.md D1, D2,
D3, D5, D6 for engagement; A4, A6, D7 for insights and answers; A3 to A5 for outreach and results), so that
the sample behaves like the real thing without being it. A few honest oddities are planted: see ODDITIES.

- accounts: invented accounts: handle, niche, tier, followers by week, engagement; ambassadors; overlaps
- posts: invented posts with likes and comments, what only some exports carry, who commented what
- campaigns: invented outreach and results: whom a brand wrote to, and what it cost and brought
"""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from nanospread.sample import campaigns, posts
from nanospread.sample.accounts import (
    AMBASSADORS,
    FOUND,
    MEASURED,
    MONDAY,
    SOUGHT,
    TIERS,
    WEEKS,
    accounts,
    ambassadors,
    counted,
    found,
    overlaps,
)
from nanospread.sample.accounts import made_up as made_up

SEED = 20261115

ODDITIES = (
    "six creators hide their likes on most of their posts (`likes` is -1)",
    "one co-authored post went viral: more likes than its nano creator has followers (ER above 100 %)",
    "one nano account gains 60 % followers within a week and no engagement: bought, perhaps",
    "one niche is spelt differently in one row (`FASHION`)",
    "one row of posts.csv stands there twice",
    "two nano accounts get the same few comments over and over (`Nice pic!`): templates, perhaps",
    "one nano account follows several times as many accounts as follow it",
    "half of the nano accounts shared their insights (saves to views); those of the others are blank, not 0",
    "some sponsored posts are disclosed (`#ad`), some only say `gifted`, some say nothing",
    "some posts are younger than three days at the end of the data: their likes still come in",
    "next to no comments for its likes, by chance and not planted: one nano account, a fifth of its peers'",
)


def write(folder: Path | str, *, seed: int = SEED) -> tuple[Path, ...]:
    """Write the synthetic exports into `folder`, made where missing, and return their paths.

    The same seed gives the same bytes: fixed formats, `\\n` line ends, UTF-8.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in files(seed).items():
        written.append(target / name)
        written[-1].write_bytes(text.encode())
    return tuple(written)


def files(seed: int) -> dict[str, str]:
    """Return the text of each file of the sample by its name."""
    # One stream for each file, and for what was added later: new draws leave the old ones as they were.
    (
        account_rng,
        post_rng,
        outreach_rng,
        result_rng,
        following_rng,
        insight_rng,
        comment_rng,
        running_rng,
        contact_rng,
        term_rng,
        ambassador_rng,
        overlap_rng,
        found_rng,
        latest_rng,
    ) = (np.random.Generator(np.random.PCG64(stream)) for stream in np.random.SeedSequence(seed).spawn(14))
    main_accounts, found_accounts = accounts(account_rng), found(found_rng)
    log = campaigns.outreach(outreach_rng, main_accounts)
    past_results = campaigns.results(result_rng, main_accounts)
    results = [past_results, campaigns.running(running_rng, main_accounts, log)]
    outreach = pd.concat(
        [campaigns.past_contacts(contact_rng, main_accounts, past_results), log], ignore_index=True
    )
    published = posts.with_insights(insight_rng, posts.posts(post_rng, main_accounts), main_accounts)
    roster = _creators(main_accounts).assign(
        following=posts.following(following_rng, main_accounts).T.ravel()
    )
    frames = {
        "creators.csv": pd.concat([roster, _found(found_accounts)], ignore_index=True),
        "posts.csv": pd.concat(
            [_doubled(published, 2_500), posts.latest(latest_rng, found_accounts)], ignore_index=True
        ),
        "comments.csv": posts.comments(comment_rng, published, main_accounts),
        "outreach.csv": campaigns.with_terms(term_rng, outreach),
        "results.csv": pd.concat(results, ignore_index=True),
        "ambassadors.csv": ambassadors(ambassador_rng, main_accounts),
        "overlaps.csv": overlaps(overlap_rng, main_accounts),
    }
    texts = {name: frame.to_csv(index=False, lineterminator="\n") for name, frame in frames.items()}
    return {**texts, "README.md": _readme(seed)}


def _creators(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per week and creator, with the follower count of the week's Monday."""
    n = len(accounts)
    weekly = pd.DataFrame(
        {
            "creator": np.tile(accounts["creator"], WEEKS),
            "as_of": np.repeat([MONDAY + timedelta(weeks=week) for week in range(WEEKS)], n),
            "followers": counted(accounts).T.ravel(),
            "niche": np.tile(accounts["niche"], WEEKS),
        }
    )
    first_fashion = np.flatnonzero((accounts["tier"] == "nano") & (accounts["niche"] == "fashion"))[0]
    weekly.loc[6 * n + first_fashion, "niche"] = "FASHION"
    return weekly


def _found(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per account found, with the follower count of the last week's Monday."""
    rows = accounts[["creator", f"w{WEEKS - 1}", "niche"]].rename(columns={f"w{WEEKS - 1}": "followers"})
    return rows.assign(as_of=MONDAY + timedelta(weeks=WEEKS - 1))


def _doubled(rows: pd.DataFrame, position: int) -> pd.DataFrame:
    """Return rows with the one at this place repeated."""
    return pd.concat([rows.iloc[: position + 1], rows.iloc[position:]], ignore_index=True)


def _readme(seed: int) -> str:
    oddities = "\n".join(f"- {oddity}" for oddity in ODDITIES)
    number = sum(tier.accounts for tier in TIERS.values())
    most, latest = posts.MOST_COMMENTS, posts.COMMENTED
    last, past = MONDAY + timedelta(weeks=WEEKS, days=-1), len(campaigns.CAMPAIGNS)
    return f"""# SYNTHETIC sample

Nobody in these files exists: accounts, posts, contacts and campaigns are drawn by
`nanospread.sample.write(folder, seed={seed})`; the same seed gives the same bytes. Change the
generator, not the files. Levels and spreads imitate real posts and published funnels, but no row is real
and no finding on this sample is a fact about influencers.

| file | rows |
|---|---|
| creators.csv | followers of {number} accounts on {WEEKS} Mondays; of {FOUND} more on the last one |
| posts.csv | their posts, {MONDAY} to {last} (2026-W35 to 2026-W46); {posts.LATEST} each of the others |
| comments.csv | up to {most} comments on each of the {latest} latest posts of a nano creator |
| outreach.csv | whom {past} past campaigns and the running one wrote to, and what came of it |
| results.csv | what {past} past campaigns and the running one cost and brought [EUR] |
| ambassadors.csv | {AMBASSADORS} nano creators who joined a programme, and when they left |
| overlaps.csv | how far the audiences of {MEASURED} nano creators overlap, pair by pair |

The {FOUND} others are nano accounts of {", ".join(SOUGHT)} that a search showed: nobody has written
to them, and only what everybody sees is known. With them the budget can be spent on creators of the data.

Honest oddities, planted so that the ledger and the checks have something to find:

{oddities}
"""
