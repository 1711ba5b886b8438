"""The command line: week, fetch, ingest, report, send, plan, simulate, compare, history, late, prune, data,
forget, holdout, sample, init, lab, doctor.

It alone asks the clock.

Each command imports what it needs when it is called, so that --help answers at once.
Exit status: 0 done; 1 a run, a check, an ingest or a message that failed; 2 input that cannot be used; 3
another run is writing the same report, or another send or fetch is at work; 4 files that cannot be read or
written; 5 an ingest or fetch with repairs or refusals within the limits; 6 a fetch that a limit of calls
stopped for now; 129 hung up, 130 interrupted, 143 terminated: 128 and the number of the signal. Of several
reports the worst counts: 4, then 1, 2, 3.

- terminal: output that outlives its reader, one line of complaint; signals, which put away what was begun
- clusters: --cluster: an address, a file or local:N -> its workers, once it is said who else may use them
- stored: the data and forget commands: a store -> what it covers, what changed in it, and an account less
- exports: the ingest and sample commands: exports -> a snapshot; a synthetic sample
- fetching: the fetch command: the Graph API, as fetch.yaml says -> a snapshot of the day
- interview: what drafts of a mapping leave open -> questions in the terminal, and a mapping.yaml
- lift: the holdout commands: a test of what a campaign adds, planned on past orders, and read
- workspace: the init and lab commands: a workspace of one's own, made or brought up to date; JupyterLab in it
- reports: the report and history commands: reports, and what each brief is at
- late_reports: the late command: which briefs have no good report of the week that is due
- pruning: the prune command: old reports, sends and fetches -> room on the disk
- sending: the send command: how each brief's newest run ended -> the channels of send.yaml
- plans: the plan command: the next batch, its rule and whom to write to; the rule in the brief
- simulating: the simulate and compare commands: any number of simulated campaigns; briefs side by side
- health: the doctor command: one check for each thing a report needs, each with what to do
- cluster_health: the same with --cluster: one check for each thing that its workers need
- steps: the week command: fetch, ingest, report, send, each skipped where nothing is set up
"""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from nanospread.cli import terminal
from nanospread.cli.terminal import FAILED, PAUSED, REPAIRED, complain
from nanospread.core import paths, scratch
from nanospread.core.errors import InputError


def _expanded(path: Path | None) -> Path | None:
    return None if path is None else paths.expanded(path)


PathOption = partial(typer.Option, callback=_expanded)  # `~` in it is the home folder, as shells have it
BRIEF = "Brief file, or the name of one in briefs/ or bundled."
BriefName = Annotated[str, typer.Option(help=BRIEF)]
DataFolder = Annotated[
    str, typer.Option(help="Folder of exports, or a store.", show_default="the bundled sample")
]
KnownWeek = Annotated[
    str, typer.Option(help="ISO week; of a store, what was known at its end.", show_default="the newest")
]
Briefs = Annotated[
    list[str] | None,
    typer.Option(help="Brief file, or a name; repeatable.", show_default="those you wrote in briefs/"),
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same numbers; the report's own.")]
Reports = Annotated[Path, PathOption(help="Folder of all reports.", show_default="reports")]
Store = Annotated[Path, PathOption("--store", help="Folder of all snapshots.", show_default="store")]
Workers = Annotated[int, typer.Option(min=1, max=32, help="Notebooks at a time.")]
TimeLimit = Annotated[int, typer.Option(min=1, help="Seconds that a notebook may take; then the run fails.")]
LimitWait = Annotated[
    int, typer.Option(min=0, max=1_440, help="Minutes that fetch waits for a limit; then it pauses.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that nanospread did not write, too.")]
Cluster = Annotated[
    str,
    typer.Option(
        help="Dask cluster to work on: tcp://HOST:PORT, tls://HOST:PORT, scheduler file, local:N.",
        show_default="this machine",
    ),
]
SEED = 20261122  # of the notebooks, so of a report
ONLY_SHOW = {"compare", "data", "doctor", "history", "late"}  # commands whose output is all that they do

app = typer.Typer(
    name="nanospread",
    cls=terminal.Commands,
    help="One macro influencer or many nano influencers on one budget, with honest odds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _version(requested: bool) -> None:
    if requested:
        print(paths.VERSION)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    pass


def main(started_with: Mapping[str, str] | None = None) -> None:
    """Run the command line; whatever goes wrong ends in one line on stderr and an exit status.

    started_with: the environment, where that of the process is less: for `terminal.environment`.
    """
    status, arguments = 0, sys.argv[1:]
    terminal.STARTED_WITH.set(started_with)
    try:
        with terminal.outliving_its_reader() as shown:
            terminal.check_given(arguments)
            scratch.clear()
            if paths.FOREIGN:
                complain(f"workspace '{paths.FOREIGN}' is another user's: nothing of it is used", 0)
            app(standalone_mode=True)
    except (InputError, OSError) as error:
        status = complain(terminal.reason(error), terminal.status(error))
    finally:
        if shown.cut and shown.last and not {*arguments[:1]} & ONLY_SHOW:
            complain(f"the output was cut off by its reader; its last line is: {shown.last}", 0)
    sys.exit(status)


@app.command()
def report(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[BRIEF]...", help="Brief files, or names of some in briefs/ or bundled."),
    ] = None,
    brief: Annotated[
        list[str] | None,
        typer.Option(help="Brief file, or a name, after those before; repeatable.", show_default="sample"),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            help="Folder of exports, or a store: one for all briefs, or repeated, one for each.",
            show_default="the bundled sample",
        ),
    ] = None,
    week: Annotated[
        str, typer.Option(help="ISO week; of a store, what was known at its end.", show_default="this week")
    ] = "",
    out: Reports = paths.REPORTS,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", help="NAME=VALUE, any notebook parameter; repeatable."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same numbers.")] = None,
    workers: Workers = 3,
    time_limit: TimeLimit = 600,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for another run of the same report.")] = False,
    wait_limit: Annotated[int, typer.Option(min=1, help="Seconds that --wait waits; then status 3.")] = 600,
    force: Force = False,
    cluster: Cluster = "",
) -> None:
    """Write the weekly report of each brief: every notebook as a page, metrics.json and the tables as CSV.

    Reports of several briefs are made side by side; one that fails stops no other. The status is that of the
    worst: 4, then 1, 2, 3. With --cluster notebooks run on its workers, of this version, to the same bytes;
    data that a worker does not see are sent to it. Only this process writes the reports.

    Examples:

    * `nanospread report`  (the bundled synthetic sample)
    * `nanospread report --data exports --brief autumn.yaml --week 2026-W47`
    * `nanospread report -p budget=8000 -p kappa=5 --seed 7`
    * `nanospread report briefs/*.yaml --data store --cluster scheduler.json`
    * `nanospread report uk.yaml de.yaml --data uk --data de --cluster local:4`
    """
    from nanospread.cli import reports
    from nanospread.report.weekly import RunOptions

    request = reports.ReportsRequest(
        briefs=[*(names or ()), *(brief or ())] or ["sample"],
        data=data or (),
        week=week,
        pairs=[*(parameter or ()), *([] if seed is None else [f"seed={seed}"])],
        workers=workers,
        options=RunOptions(
            started=datetime.now(UTC),
            out=out.resolve(),
            notebooks=paths.NOTEBOOKS,
            time_limit=time_limit,
            wait=wait_limit if wait else 0,
            force=force,
        ),
        on=cluster,
    )
    if status := reports.report(request):
        raise typer.Exit(status)


@app.command()
def plan(
    brief: BriefName = "sample",
    data: DataFolder = "",
    week: KnownWeek = "",
    seed: Seed = SEED,
    out: Annotated[Path, PathOption(help="Folder of plan.csv.", show_default="here")] = Path(),
    write: Annotated[
        Path | None,
        PathOption("--write", help="Copy of the brief with the rule in it, which is then in force."),
    ] = None,
    campaign: Annotated[
        str, typer.Option(help="Its name in your exports, for --write.", show_default="the brief's")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Say whom to write to now, when to go on and when to stop; a running campaign's own rule first.

    plan.csv lists whom to write to, in order, and why. With --write a copy of the brief holds the rule, which
    is then read while the campaign runs and never computed anew.

    Examples:

    * `nanospread plan`  (the bundled synthetic sample)
    * `nanospread plan --data store --brief autumn.yaml --out plans`
    * `nanospread plan --brief autumn.yaml --write autumn_running.yaml --campaign 2026-autumn`
    """
    from nanospread.cli import plans

    plans.plan(brief, data, week, seed, out, write, campaign, force=force)


@app.command()
def simulate(
    brief: Annotated[str, typer.Argument(help=BRIEF)] = "sample",
    data: DataFolder = "",
    week: KnownWeek = "",
    worlds: Annotated[str, typer.Option(help="Simulated campaigns, such as 1e9 or 1_000_000.")] = "1e6",
    seed: Seed = SEED,
    cluster: Cluster = "",
    out: Annotated[Path | None, PathOption(help="Write every number to this CSV.")] = None,
    force: Force = False,
) -> None:
    """Simulate a brief's options in very many campaigns, and say what each comes to, with its error.

    The same seed and number of campaigns give the same numbers, whoever computes them. Campaigns are summed
    and not kept, so that their number needs no memory.

    Examples:

    * `nanospread simulate --worlds 1e7`
    * `nanospread simulate autumn.yaml --data store --worlds 1e9 --cluster tls://10.0.0.5:8786 --out odds.csv`
    """
    from nanospread.cli import simulating

    simulating.simulated(brief, data, week, worlds, seed, cluster, out, force=force)


@app.command()
def compare(
    briefs: Annotated[list[str], typer.Argument(help="Brief files, or names of some in briefs/ or bundled.")],
    data: DataFolder = "",
    week: KnownWeek = "",
    seed: Seed = SEED,
    out: Annotated[Path | None, PathOption(help="Write every number to this CSV.")] = None,
    force: Force = False,
) -> None:
    """Compare the plans of several briefs on the same data, in the same simulated campaigns.

    It shows the settings that differ, what each option comes to, and how far each brief is from the first:
    with the range over what is not known, or that it is too close to call.

    Examples:

    * `nanospread compare sample macro_wins`
    * `nanospread compare spring.yaml summer.yaml --data store --out plans.csv`
    """
    from nanospread.cli import simulating

    simulating.compared(briefs, data, week, seed, out, force=force)


@app.command()
def history(out: Reports = paths.REPORTS) -> None:
    """Say what each brief is at, and make the list of reports again; status 1 where one needs a look.

    Example: `nanospread history`
    """
    from nanospread.cli import reports

    if not reports.history(out.resolve(), datetime.now(UTC)):
        raise typer.Exit(FAILED)


@app.command()
def late(
    by: Annotated[
        str, typer.Option(help="Day and hour by which a week's report is due, in the brief's time zone.")
    ] = "monday 00:00",
    brief: Briefs = None,
    out: Reports = paths.REPORTS,
    notify: Annotated[
        bool, typer.Option("--notify", help="Tell the channels of send.yaml that have `late`, once a week.")
    ] = False,
) -> None:
    """Say which briefs have no good report of this week, and why; nothing, and status 0, where none is late.

    Status 1: one is late. Until the day and hour of --by it is the week before that is due.

    Examples:

    * `nanospread late`
    * `nanospread late --by "monday 09:00" --notify`
    """
    from nanospread.cli import late_reports, sending

    place, now = out.resolve(), datetime.now(UTC)
    reports = late_reports.late(place, brief or (), by, now)
    for line in late_reports.lines(place, reports):
        print(line)
    if reports and notify:
        sending.printed(sending.late_notified(place, reports))
    if reports:
        raise typer.Exit(FAILED)


@app.command()
def prune(
    out: Reports = paths.REPORTS,
    keep: Annotated[
        int, typer.Option(min=1, help="Newest reports of each brief, and fetches, to stay.")
    ] = 12,
    weeks: Annotated[int, typer.Option(min=1, help="Weeks before the newest that stay.")] = 104,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it, only say what would go.")] = False,
) -> None:
    """Delete reports and fetches that are both old and many; never the last good report of a brief.

    A fetch stays while it is the last that read some account. With the last report of a week goes what was
    noted of its sends. The store stays: `nanospread data --keep-weeks` is about that.

    Examples:

    * `nanospread prune`  (says what would go, and how many bytes)
    * `nanospread prune --keep 12 --weeks 52 --yes`
    """
    from nanospread.cli import pruning
    from nanospread.fetch import journal

    limits = pruning.Limits(keep, weeks)
    pruning.pruned(out.resolve(), paths.ROOT / journal.FOLDER, limits, sure=yes)


@app.command()
def send(
    brief: Annotated[str, typer.Option(help="Brief, as its report is named.", show_default="every one")] = "",
    week: Annotated[str, typer.Option(help="ISO week.", show_default="each brief's newest")] = "",
    out: Reports = paths.REPORTS,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would go to whom; connect to nothing.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Send also what was sent.")] = False,
) -> None:
    """Send how each brief's newest run ended to the channels of send.yaml, once: mail, Slack, Teams, JSON.

    Status 1 says that a channel did not take a message; the next send tries it again. No report changes.

    Examples:

    * `nanospread send --dry-run`
    * `nanospread send --brief autumn --week 2026-W47`
    """
    from nanospread.cli import sending

    results = sending.sent(out.resolve(), brief, week, dry=dry_run, again=again)
    if not all(each.fine for each in results):
        raise typer.Exit(FAILED)


@app.command()
def week(
    brief: Briefs = None,
    exports: Annotated[
        Path, PathOption(help="Folder of exports.", show_default="data/exports")
    ] = paths.EXPORTS,
    into: Store = paths.STORE,
    out: Reports = paths.REPORTS,
    workers: Workers = 3,
    time_limit: TimeLimit = 600,
    wait_limit: LimitWait = 60,
) -> None:
    """Do the whole week: fetch, ingest, report on each brief, send; what is not set up is skipped.

    A step that fails stops no other. The status is that of the first that failed; rows repaired or refused
    within the limits fail nothing. Done again in the same week, it changes nothing.

    Examples:

    * `nanospread week`
    * `nanospread week --brief briefs/autumn.yaml --exports exports`
    """
    from nanospread.cli import fetching, steps, workspace

    request = steps.WeekRequest(
        briefs=brief or workspace.briefs() or ["sample"],
        root=paths.ROOT,
        exports=exports,
        store_folder=into,
        out=out.resolve(),
        workers=workers,
        time_limit=time_limit,
        wait_limit=wait_limit * fetching.MINUTE,
    )
    if status := steps.week(request, fetching.SystemClock()):
        raise typer.Exit(status)


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="Export files, or folders of them, of any known tool.")],
    as_of: Annotated[
        str,
        typer.Option(
            help="Date of the export, 2026-11-22; with it the export is stored.", show_default="none"
        ),
    ] = "",
    into: Store = paths.STORE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say all, store nothing.")] = False,
    brief: Annotated[str, typer.Option(help="Brief whose data_limits count.")] = "sample",
    most_refused: Annotated[
        float | None, typer.Option(min=0, max=1, help="Limit for this time.", show_default="the brief's")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="Reader to use.", show_default="found by content")
    ] = "",
    mapping: Annotated[Path | None, PathOption(help="mapping.yaml for other column names.")] = None,
    suggest_mapping: Annotated[
        bool,
        typer.Option("--suggest-mapping", help="Draft a mapping.yaml of files that fit no table; no more."),
    ] = False,
    creator: Annotated[
        str, typer.Option(help="Whose posts they are, where no column names the account.", show_default=False)
    ] = "",
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Go on without files that fit no table, and name them.")
    ] = False,
    suggest_codes: Annotated[
        bool,
        typer.Option("--suggest-codes", help="Draft a codes.csv: whose each code may be; no more."),
    ] = False,
    interactive: Annotated[
        bool,
        typer.Option(
            "--interactive", help="Ask about files that fit no table, and write a mapping.yaml first."
        ),
    ] = False,
    ledger: Annotated[Path | None, PathOption(help="Write each repair and refusal to this CSV.")] = None,
    html: Annotated[Path | None, PathOption(help="Write the validation report to this page.")] = None,
    contact: Annotated[
        list[str] | None, typer.Option(help="Kind of contact data to store too, such as email; repeatable.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Store the same files for a second date without asking.")
    ] = False,
    force: Force = False,
) -> None:
    """Read and check exports, say what became of every row, and store them as a snapshot.

    Status 0: every row came as it should; 5: some were repaired or refused, within the brief's data_limits;
    1: more were refused than it allows, and nothing was stored; 2: files or options that cannot be used.

    Examples:

    * `nanospread ingest exports`  (a check; nothing is stored)
    * `nanospread ingest posts.json profiles.json --as-of 2026-11-22`
    * `nanospread ingest exports --as-of 2026-11-22 --dry-run --html check.html --ledger ledger.csv`
    * `nanospread ingest odd.csv --suggest-mapping > mapping.yaml`
    * `nanospread ingest exports --interactive`  (asks what the columns are)
    * `nanospread ingest media.csv --creator our_brand`  (of one account, without a column that names it)
    * `nanospread ingest exports --suggest-codes > codes.csv`
    """
    from nanospread import study
    from nanospread.campaign import brief as briefs
    from nanospread.cli import exports, interview
    from nanospread.ingest import suggestions
    from nanospread.report.build import PageFailed

    if suggest_mapping:
        print(suggestions.suggested_mapping(files))
        return
    if interactive:
        interview.asked(files, mapping)
    now, opened_brief = datetime.now(UTC), briefs.read(briefs.path(brief))
    limits = opened_brief.data_limits
    request = exports.IngestRequest(
        files=files,
        as_of=exports.date(as_of, now),
        store_folder=into,
        dry=dry_run,
        limits=limits if most_refused is None else limits.model_copy(update={"most_refused": most_refused}),
        mapping=mapping,
        format=form or None,
        contacts=contact or (),
        ledger=ledger,
        page=html,
        now=now,
        force=force,
        again=again,
        creator=creator.strip(),
        skip_unknown=skip_unknown,
        rule=study.order_settings(opened_brief).rule,
    )
    if suggest_codes:
        print(exports.codes(request), end="")
        return
    try:
        broken, changed = exports.ingest(request)
    except PageFailed as error:
        raise typer.Exit(complain(error, FAILED)) from error
    if broken:
        raise typer.Exit(FAILED)
    if changed:
        raise typer.Exit(REPAIRED)


@app.command()
def fetch(
    file: Annotated[
        Path, PathOption("--settings", help="What to fetch.", show_default="fetch.yaml")
    ] = paths.ROOT / "fetch.yaml",
    into: Store = paths.STORE,
    brief: Annotated[str, typer.Option(help="Brief whose data_limits count.")] = "sample",
    plan: Annotated[
        bool, typer.Option("--plan", help="Say how many calls it takes, and ask nothing.")
    ] = False,
    wait_limit: LimitWait = 60,
    finish: Annotated[
        bool, typer.Option("--finish", help="Where it must pause, end it and store what is there.")
    ] = False,
    read_again: Annotated[
        bool, typer.Option("--read-again", help="Read all answers that were kept again, and ask nothing.")
    ] = False,
) -> None:
    """Fetch what Instagram's official API says of your account and of creators, and store it.

    Every account and post asked for ends as read, unchanged or dropped, with the reason. What stopped goes on
    where it was. docs/how_to/fetch.md says what it needs.

    Status 0: all was read; 5: some was dropped or repaired, within the brief's data_limits; 6: a limit of
    calls stopped it for now; 1: nothing was stored; 2: settings that cannot be used, or a new login;
    3: another fetch is at work.

    Examples:

    * `nanospread fetch --plan`
    * `nanospread fetch`
    * `nanospread fetch --wait-limit 0 --finish`
    """
    from nanospread.campaign import brief as briefs
    from nanospread.cli import fetching

    limits = briefs.read(briefs.path(brief)).data_limits
    clock = fetching.SystemClock()
    request = fetching.FetchRequest(file, into, limits, wait_limit * fetching.MINUTE, finish)
    if plan:
        print(*fetching.planned(request), sep="\n")
        return
    found = fetching.again(request, clock) if read_again else [fetching.fetch(request, clock)]
    for status, became in ((FAILED, "failed"), (PAUSED, "paused"), (REPAIRED, "refused")):
        if any(getattr(one, became) for one in found):
            raise typer.Exit(status)


@app.command()
def data(
    place: Annotated[
        Path,
        typer.Argument(
            help="Folder of all snapshots; for --rates also one of Parquet files.",
            show_default="store",
            callback=_expanded,
        ),
    ] = paths.STORE,
    since: Annotated[
        str, typer.Option(help="Show what changed since this date or week.", show_default="none")
    ] = "",
    until: Annotated[str, typer.Option(help="Up to this date or week.", show_default="the newest")] = "",
    check: Annotated[bool, typer.Option("--check", help="Read every byte and compare its hash.")] = False,
    keep_weeks: Annotated[
        int | None, typer.Option(min=1, help="Say which snapshots are older.", show_default="all stay")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete what --keep-weeks names.")] = False,
    rates: Annotated[
        str, typer.Option(help="Show engagement by tier, niche or tier,niche.", show_default="none")
    ] = "",
    cluster: Cluster = "",
    shared: Annotated[
        Path | None, PathOption(help="Folder for --cluster that all workers see, for what they hand on.")
    ] = None,
    out: Annotated[Path | None, PathOption(help="Write every figure of --rates to this CSV.")] = None,
    force: Force = False,
    brief: Annotated[
        str, typer.Option(help="Brief of whose platform rows are, and whose credit orders are counted by.")
    ] = "sample",
) -> None:
    """List the snapshots, what they cover and the weeks that are missing; or what changed between two weeks.

    Engagement is of all posts, and of a store of any size: it is read from its files and not held in memory.
    So it is of a folder of Parquet files, whose partitions workers of a cluster can count.

    Examples:

    * `nanospread data`
    * `nanospread data --since 2026-W46 --until 2026-W47`
    * `nanospread data --brief briefs/autumn.yaml`  (that brief's platform and rule of credit)
    * `nanospread data --rates tier,niche`
    * `nanospread data posts --rates tier --cluster local:4`  (posts: a folder of Parquet files)
    * `nanospread data --check`
    * `nanospread data --keep-weeks 104`  (says what would go; --yes deletes it)
    """
    from nanospread import study
    from nanospread.campaign import brief as briefs
    from nanospread.cli import stored
    from nanospread.fetch import journal

    opened_brief = briefs.read(briefs.path(brief))
    if since or until:
        stored.changes(place, since, until, opened_brief.platform)
    elif rates:
        by = [name.strip() for name in rates.split(",")]
        stored.rates(place, by, opened_brief.platform, cluster, shared, out, force=force)
    elif keep_weeks is not None:
        stored.retained(place, keep_weeks, sure=yes)
    elif check:
        if not stored.sound(place):
            raise typer.Exit(FAILED)
    else:
        fetched = paths.ROOT / journal.FOLDER
        stored.listed(place, study.order_settings(opened_brief).rule, opened_brief.platform, fetched)


holdout = typer.Typer(
    help="A test of what a campaign adds: planned on past orders, and read when it is over.",
    no_args_is_help=True,
)
app.add_typer(holdout, name="holdout")
OrdersFile = Annotated[
    Path, typer.Argument(help="Your weekly or daily orders, by region where you can.", callback=_expanded)
]
Side = Annotated[str, typer.Option(help="Whose campaign: nano or macro.")]
Without = Annotated[list[str] | None, typer.Option("--without", help="Region to leave out; repeatable.")]
Span = Annotated[int, typer.Option(min=1, max=8, help="Weeks on or off at a time, without regions.")]


@holdout.command("plan")
def holdout_plan(
    file: OrdersFile,
    data: DataFolder = "",
    brief: BriefName = "sample",
    orders: Annotated[
        float | None, typer.Option(help="Orders that the campaign should add.", show_default="as simulated")
    ] = None,
    side: Side = "nano",
    weeks: Annotated[
        int | None, typer.Option(min=1, help="Weeks of the test.", show_default="those that see most")
    ] = None,
    span: Span = 2,
    without: Without = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw: same seed, same regions.")] = 1,
) -> None:
    """Draw where or when a campaign runs, and say how small an effect the test would see.

    Examples:

    * `nanospread holdout plan weekly.csv --data exports --brief autumn.yaml`
    * `nanospread holdout plan weekly.csv --orders 250 --weeks 4`
    """
    from nanospread.cli import lift

    for line in lift.planned(file, data, brief, orders, side, weeks, span, without or (), seed):
        print(line)


@holdout.command("read")
def holdout_read(
    file: OrdersFile,
    start: Annotated[str, typer.Option(help="First day of the test, such as 2027-03-01.")],
    end: Annotated[str, typer.Option(help="Last day, late orders included.")],
    campaign: Annotated[str, typer.Option(help="Campaign, as the results name it.")],
    regions: Annotated[
        list[str] | None, typer.Option(help="Regions with the campaign: A, B, C.", show_default=False)
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option(help="Weeks with the campaign, without regions.", show_default=False),
    ] = None,
    side: Side = "nano",
    known: Annotated[
        str, typer.Option(help="Last week that the plan knew.", show_default="the last before the test")
    ] = "",
    before: Annotated[
        int | None, typer.Option(min=1, help="Weeks to compare with.", show_default="as planned")
    ] = None,
    span: Span = 2,
    without: Without = None,
    into: Annotated[
        Path | None, PathOption(help="Add the row to this file of lift tests.", show_default=False)
    ] = None,
) -> None:
    """Say what a finished test found: orders added, their error, checks; with --into reports learn from it.

    Example: `nanospread holdout read weekly.csv --start 2027-03-01 --end 2027-03-28 --campaign spring
    --regions "Wales, Kent" --into exports/lift_tests.csv`
    """
    from nanospread.cli import lift

    lines = lift.read(
        file,
        start=start,
        end=end,
        campaign=campaign,
        regions=regions or (),
        on=on or (),
        side=side,
        known=known,
        before=before,
        span=span,
        without=without or (),
        into=into,
    )
    for line in lines:
        print(line)


@app.command()
def forget(
    handle: Annotated[str, typer.Argument(help="Account name, with or without @.")],
    place: Store = paths.STORE,
    out: Reports = paths.REPORTS,
    reports: Annotated[
        bool, typer.Option("--reports", help="Mask the name in all reports, mails and workbooks too.")
    ] = False,
) -> None:
    """Remove a creator from every snapshot and fetch, and prove it: for a request under privacy law.

    Reports, mails and workbooks that still hold the name are listed; with --reports they are masked, and
    searched once more. Exports and backups are not touched.

    Examples:

    * `nanospread forget @some.creator`
    * `nanospread forget @some.creator --reports`
    """
    from nanospread.cli import stored
    from nanospread.fetch import journal

    fetched = paths.ROOT / journal.FOLDER
    stored.forgotten(place, handle, out, fetched, reports=reports)


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")],
    seed: Annotated[
        int | None, typer.Option(min=0, help="Same seed, same bytes.", show_default="its own")
    ] = None,
) -> None:
    """Write the synthetic sample: creators, posts, outreach and results of people who do not exist.

    Example: `nanospread sample /tmp/sample --seed 7`
    """
    from nanospread.cli import exports

    print(*exports.sample_into(folder, seed), sep="\n")


@app.command()
def init(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder to make, or a workspace to bring up to date.", callback=_expanded),
    ],
) -> None:
    """Make a workspace of one's own: notebooks, briefs, data, reports, a Makefile, a weekly workflow.

    Run again after an upgrade, it brings up to date what you left as it was; files that you changed or
    deleted stay so, and are named.

    Examples:

    * `nanospread init campaigns && cd campaigns && nanospread report`
    * `nanospread init .`  (after an upgrade)
    """
    from nanospread.cli import workspace

    print(*workspace.summary(folder, workspace.init(folder)), sep="\n")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(arguments: typer.Context) -> None:
    """Open the workspace's notebooks in JupyterLab; in a checkout, a scratch copy that git ignores.

    What you changed there stays; what you left alone is brought up to date. Options go to JupyterLab.

    Examples:

    * `nanospread lab`
    * `nanospread lab --no-browser --port=8890`
    """
    from nanospread.cli import workspace

    workspace.lab(arguments.args)


@app.command()
def doctor(
    data: Annotated[str, typer.Option(help="Folder of exports.", show_default="the bundled sample")] = "",
    out: Reports = paths.REPORTS,
    cluster: Cluster = "",
) -> None:
    """Check Python, packages, kernel, notebooks, data and the output folder; say what to do about each.

    With --cluster also its workers: versions, clocks, disk, threads and memory, and if they see the data.

    Examples:

    * `nanospread doctor --data exports`
    * `nanospread doctor --data exports --cluster scheduler.json`
    """
    from nanospread.cli import cluster_health, health

    checks = [*health.checks(data, out), *(cluster_health.checks(cluster, data) if cluster else ())]
    for check in checks:
        print(f"{'ok     ' if check.fine else 'PROBLEM'}  {check.subject}: {check.detail}")
    if not all(check.fine for check in checks):
        raise typer.Exit(FAILED)
