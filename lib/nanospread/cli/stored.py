"""The data and forget commands: a store -> what it covers, what changed in it, and an account less."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nanospread import store
from nanospread.cli import clusters, terminal
from nanospread.core import formatting
from nanospread.core.errors import InputError
from nanospread.core.files import check_output, write_output
from nanospread.core.formatting import counted
from nanospread.creators import stored_rates
from nanospread.creators.metrics import QUANTILES
from nanospread.fetch import erasure as fetches
from nanospread.fetch import exports, journal
from nanospread.ingest import credit
from nanospread.pages import labels, show
from nanospread.store import manifests
from nanospread.store.forgotten import spelt

if TYPE_CHECKING:
    from nanospread.report.archive import erasure

SOME = 20  # rows of a list that the terminal shows
WIDE = 110  # from how many characters on a terminal shows every quantile
COUNTED = {"before": "count_before"}  # "before" alone is what was believed before results


def listed(store_folder: Path, rule: credit.Rule, platform: str, fetched: Path) -> None:
    """Show the snapshots, the rows they cover and the weeks that lack one or hold no post.

    rule: by which orders are credited. platform: whose rows are counted together. fetched: folder of all
    fetches, whose newest has one's own media.
    """
    snapshots = store.snapshots(store_folder)
    for row in snapshots.to_dict("records"):
        print(show.printable(f"{row['snapshot']}  {row['week']}  {_covered(row)}"))
    again = snapshots.loc[~snapshots["counts"], "snapshot"]
    if len(again):
        print(f"Read anew since, so not used: {', '.join(again)}")
    if snapshots.empty:
        print(f"No snapshot yet: {manifests.MADE_BY}")
        return
    for of in store.elsewhere(store_folder, platform).itertuples():
        print(show.printable(f"Of {of.platform}, in no figure of {platform}: {of.rows:,} {of.table}"))
    orders, codes = store.orders(store_folder)
    if len(orders):
        Console().print(credited(credit.credited(orders, codes, rule)))
        print(by_rule(rule))
    if len(snapshots) > 1:
        counts = ", ".join(
            f"{number:,} {name}" for name, number in store.together(store_folder, platform).items() if number
        )
        print(f"Together: {counts}; what two snapshots tell counts once, as in --since")
    missing = store.gaps(store_folder)
    for lacks, weeks in missing.groupby("lacks")["week"]:
        rest = f", and {len(weeks) - SOME} more" if len(weeks) > SOME else ""
        print(f"Weeks without a {str(lacks).removesuffix('s')}: {', '.join(weeks[:SOME])}{rest}")
    own = [path for path in journal.journals(fetched) if journal.own_media_file(path).is_file()]
    for line in own_media(own[-1]) if own else ():
        print(show.printable(line))


def own_media(path: Path) -> Iterator[str]:
    """Yield how many of one's own posts and stories a fetch read, if any, and where. path: of its journal."""
    if number := exports.own_counts(path):
        posts, stories = number[exports.POST], number[exports.STORY]
        counts = f"{counted(posts, 'post')}, {stories:,} {'story' if stories == 1 else 'stories'}"
        yield f"Of your own account, in no table and no figure: {counts}, in {journal.own_media_file(path)}"


def credited(order_credit: credit.Credit) -> Table:
    """Return what became of every order, with whole numbers where they are."""
    shown = order_credit.account["orders"].map("{:,.10g}".format)
    parts = {name: credit.total(order_credit.account, name) for name in credit.OUTCOMES}
    sums = " + ".join(f"{number:,.10g} {name}" for name, number in parts.items())
    title = f"{order_credit.account['orders'].sum():,.10g} orders in = {sums}"
    rows_table = table(order_credit.account.assign(orders=shown), title)
    rows_table.min_width = len(title)
    return rows_table


def by_rule(rule: credit.Rule) -> str:
    """Return in words how orders were credited, and what changes it."""
    first, other = ("link", "code") if rule.first == "link" else ("code", "link")
    return (
        f"A {first} goes before a {other}; a code on over {rule.sitewide_share:.0%} of orders is the shop's "
        "own: so the brief credits orders, and --brief names another."
    )


def _covered(row: Mapping[Any, Any]) -> str:
    """Return what a snapshot holds, in words that no narrow terminal cuts."""
    tables = [
        (name.removeprefix("rows_"), number) for name, number in row.items() if name.startswith("rows_")
    ]
    rows = ", ".join(f"{number:,} {table}" for table, number in tables if number)
    posts = f", posts of {row['first']} to {row['newest']}" if row["first"] else ""
    return f"{rows or 'nothing'}{posts}, {row['size']:,} bytes, from {row['inputs']}"


def changes(store_folder: Path, since: str, until: str, platform: str) -> None:
    """Show what changed on a platform in a store from one date or week to another."""
    console, names = Console(), list(store.snapshots(store_folder)["snapshot"])
    if not names:
        raise InputError(f"store '{store_folder}' has no snapshot yet: {manifests.MADE_BY}")
    changed = store.changes(store_folder, since or names[0], until or None, platform=platform)
    console.print(table(changed.rows.rename(columns=COUNTED), f"Changes since {since or names[0]}"))
    print("Rows of all snapshots up to then together, each once; the list has those of each snapshot.")
    moved = changed.followers.sort_values("change", key=abs, ascending=False, kind="stable")
    moved = moved.rename(columns=COUNTED)
    lists = {
        "Creators that came or went": changed.creators,
        "Follower counts that moved, most first": moved,
        "Posts that are new or changed": changed.posts,
    }
    for title, rows in lists.items():
        limit = f", the first {SOME}" if len(rows) > SOME else ""
        if len(rows):
            console.print(table(rows.head(SOME), f"{title} ({len(rows):,}{limit})"))
        else:
            print(f"{title}: none")


def rates(
    store_folder: Path,
    by: Sequence[str],
    platform: str,
    cluster: str,
    shared: Path | None,
    out: Path | None,
    *,
    force: bool,
) -> None:
    """Show the engagement of all posts of a store or of Parquet files; write every figure if asked to.

    shared: a folder that all workers of the cluster see.
    """
    if out:
        check_output(out, "--out", [",".join([*by, *stored_rates.FIGURES]).encode()], force=force)
    with contextlib.ExitStack() as stack:
        executor = stack.enter_context(clusters.workers(cluster)) if cluster else None
        bar = stack.enter_context(terminal.progress())
        task = bar.add_task("tasks", total=None)
        estimates = stored_rates.rates(
            store_folder,
            by,
            platform=platform,
            executor=executor,
            shared=shared,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    for line in _accounted(estimates.account):
        print(line)
    title = f"Likes and comments over followers, by {' and '.join(by)}"
    console = Console()
    console.print(table(_shown(estimates.groups, by, console.width), title))
    if out:
        columns = list(estimates.groups.columns)
        write_output(out, formatting.csv_text(columns, estimates.groups.astype(object).to_numpy().tolist()))
        print(f"Written to {show.printable(str(out))}")


def _shown(groups: pd.DataFrame, by: Sequence[str], width: int) -> pd.DataFrame:
    """Return the figures that fit into a terminal."""
    quantiles = tuple(QUANTILES) if width >= WIDE else ("median",)
    shares = {name: groups[name] for name in (*quantiles, "pooled")}
    shares["middle creator"] = groups["creator_median"]
    texts = {name: share.map("{:.2%}".format) for name, share in shares.items()}
    return groups[[*by, "posts", "creators"]].assign(**texts)


def _accounted(account: pd.DataFrame) -> Iterator[str]:
    """Yield for each table its rows as the sum of those that were used and those that were not, and why."""
    for name, rows in account.groupby("table", sort=False):
        parts = " + ".join(f"{row.rows:,} {row.outcome}" for row in rows.itertuples())
        yield f"{rows['rows'].sum():,} rows of {name} = {parts}"


def sound(store_folder: Path) -> bool:
    """Say which files are not as they were written, and return if all are."""
    faults = store.checked(store_folder)
    for row in faults.itertuples():
        print(show.printable(f"{row.snapshot}/{row.file}: {row.fault}"))
    broken = f"{counted(len(faults), 'file')} {'is' if len(faults) == 1 else 'are'} not as written"
    print(broken if len(faults) else "every byte is as it was written")
    return faults.empty


def retained(store_folder: Path, keep_weeks: int, *, sure: bool) -> None:
    """Say which snapshots are older than the newest by that many weeks; delete them only if sure."""
    pruned = store.pruned(store_folder, keep_weeks, dry=not sure)
    verb = "deleted" if sure else "would delete"
    for row in pruned.gone.itertuples():
        print(f"{verb} {row.snapshot}  {row.size:,} bytes")
    note = "" if sure or pruned.gone.empty else "; --yes does it"
    print(f"{verb} {len(pruned.gone)} of {counted(len(pruned.gone) + len(pruned.kept), 'snapshot')}{note}")


def forgotten(store_folder: Path, handle: str, out: Path, fetched: Path, *, reports: bool) -> None:
    """Remove an account from a store and, if asked, from reports; say what a search for it then found.

    fetched: folder of all fetches, which lose what they kept of it.

    Raises InputError as `store.forget`, unless a fetch held the name, or reports do and are to be masked.
    """
    from nanospread.report.archive import erasure  # with all that draws pages, which `data` can do without

    name = spelt(handle)
    matches = erasure.holding(out, name) if out.is_dir() else []
    if answers := fetches.erased(fetched, name):
        print(f"Deleted of what was fetched: {counted(answers, 'answer')} that named the account.")
    try:
        _from_store(store_folder, handle)
    except InputError as error:
        if not answers and not (reports and matches):
            raise
        print(show.printable(f"Nothing to remove from the store: {error}."))
    if reports and out.is_dir():
        _from_reports(out, erasure.clear(out, name))
    elif matches:
        print(f"Reports in {show.printable(str(out))} still hold the name; --reports masks it there:")
        _say(matches)
    print("Exports, backups, and mails that were sent are elsewhere: look there too.")


def _from_reports(out: Path, cleared: "erasure.ErasureResult") -> None:
    _say(cleared.reports)
    found = sum(held.hits for held in cleared.left)
    print(show.printable(f"Masked in {counted(len(cleared.reports), 'report')} of {out}."))
    print(f"Searched afterwards: {counted(cleared.searched, 'file')}; found {counted(found, 'time')}.")
    if cleared.left:
        print("Left, as it is no report of ours, or a plain word of the pages: look.")
        _say(cleared.left)


def _say(matches: "Sequence[erasure.NameMatch]") -> None:
    for one in matches:
        words = f", {one.words:,} times as a plain word" if one.words else ""
        print(show.printable(f"{one.place}: {', '.join(one.files)} ({counted(one.hits, 'time')}{words})"))


def _from_store(store_folder: Path, handle: str) -> None:
    console, erased = Console(), store.forget(store_folder, handle)
    console.print(
        table(erased.rows, f"Removed and masked, over {counted(erased.snapshots, 'rewritten snapshot')}")
    )
    files, rows, hits = erased.searched.files, erased.searched.rows, erased.searched.hits
    searched, found = f"{counted(files, 'file')}, {counted(rows, 'row')}", counted(hits, "time")
    print(f"Searched afterwards: {searched}; found {found}.")
    if erased.searched.words:
        also = f"{erased.searched.words:,} campaigns, niches or ids"
        print(f"{also} hold the same word, which may mean something else: look.")
    if erased.searched.alike:
        also = (
            f"{erased.searched.alike:,} cells hold a name that looks the same in letters of another alphabet"
        )
        print(f"{also}, which may be somebody else's: look.")


def table(frame: pd.DataFrame, title: str) -> Table:
    """Return the rows under a title; whatever a creator could have written is inert."""
    shown = Table(title=escape(show.printable(title)), title_justify="left")
    for column in frame.columns:
        number = pd.api.types.is_numeric_dtype(frame[column])
        widest = max(map(len, map(_cell, frame[column])), default=0) if number else None  # never cut
        justify: Literal["right", "left"] = "right" if number else "left"
        shown.add_column(labels.heading(column), justify=justify, min_width=widest)
    for row in frame.itertuples(index=False):
        shown.add_row(*map(_cell, row))
    return shown


def _cell(value: object) -> str:
    if value is pd.NA or value is None or value != value:
        return ""
    return f"{value:,}" if isinstance(value, int) else escape(show.printable(str(value)))
