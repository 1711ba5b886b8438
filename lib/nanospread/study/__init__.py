"""The only pipeline: data + engagement model + brief -> simulate, sweep, shortlist, recruitment, backtest.

`open` says where the data and the brief are; a `Study` computes each step once, when it is first asked for,
and never changes. Notebooks, the what-if panel, week over week, the report's checks and the command line all
start here. In the examples `ns` is nanospread, `study` is `ns.open()` and `run` is `study.simulate(1_000)`.

- data: a folder of exports or a store -> tables, posts of a window, engagement model, and the brief in force
- running: simulated campaigns -> worlds, summary, odds
- planning: whom to invite, in which batches, and what that brings, the same numbers on every page; what to
  offer, how long it takes, and who stays
- checking: whether the forecasts were right, and where a running campaign is under its rule
- health_checks: whether the advice can be relied on, check by check
- comparison: the plans of several briefs side by side, and how far apart they are
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread.campaign import brief as briefs
from nanospread.campaign import budget_curve, lift_tests, simulation
from nanospread.campaign.brief import Brief
from nanospread.campaign.budget_curve import BudgetCurve, RequiredBudget
from nanospread.campaign.running import Running
from nanospread.campaign.staged import StagedPlan
from nanospread.core import cluster, errors, paths, typed
from nanospread.study import comparison, planning
from nanospread.study.checking import ForecastCheck, under_its_rule
from nanospread.study.comparison import Comparison
from nanospread.study.data import Data, StudyInputs, Window, order_settings, place
from nanospread.study.health_checks import Check, health
from nanospread.study.planning import Recruitment, Shortlist, plans
from nanospread.study.running import Run

__all__ = [
    "Check", "Comparison", "Data", "ForecastCheck", "Recruitment", "Run", "Shortlist", "Study", "StudyInputs",
    "Window", "comparable_studies", "health", "open", "order_settings", "place",
]  # fmt: skip

WINDOW = tuple(asdict(Window()))


@dataclass(frozen=True, repr=False)
class Study(StudyInputs):
    """Hold data and a brief, with all that follows from the two; made by `open`.

    Parameters
    ----------
    data : Data
        Tables, window of posts and engagement model.
    asked : Brief
        The brief with this study's changes, before the data measured anything.
    believed : Beliefs, optional
        In the place of what brief and results say is not known; None learns it.

    Examples
    --------
    >>> study.nano, len(study.roster), len(study.posts)
    ('nano_gift', 900, 5443)
    >>> study.changed(budget=8_000).brief.budget
    8000.0
    """

    def changed(self, **changes: object) -> "Study":
        """Return the study with other values; tables are shared, and the model where the window stays.

        Parameters
        ----------
        **changes : object
            Fields of the brief, assumptions (their central value) and last_posts, last_days, fresh_days of
            the window, by name; None leaves a value as it is.

        Returns
        -------
        Study
            Another study; this one stays.

        Raises
        ------
        InputError
            An unknown name, with the nearest known one, or a value that cannot be.

        Examples
        --------
        >>> other = study.changed(budget=8_000, kappa=5.0)
        >>> other.brief.budget, other.engagement is study.engagement
        (8000.0, True)
        """
        window, others = _split(self.asked, changes)
        brief = briefs.changed(self.asked, **others)
        currency_known = bool(self.data.order_settings.currency) or "currency" in others
        data = self.data.within(
            replace(self.data.window, **window),
            order_settings(brief, currency=currency_known),
            brief.platform,
        )
        return Study(data, brief)

    def simulate(
        self,
        n_worlds: int = 10_000,
        seed: int = 1,
        *,
        only: Sequence[str] | None = None,
        executor: Executor | None = None,
        client: Any = None,
    ) -> Run:
        """Simulate the brief's options in the same campaigns, over luck and over what is not known.

        Parameters
        ----------
        n_worlds : int
            Simulated campaigns; each is one draw of everything uncertain. More than 5,000,000 are summed in
            pieces and not kept: the run has summary, odds, plan and notes, and no worlds.
        seed : int
            Same seed, same numbers, whoever computes them.
        only : sequence of str, optional
            Names of the options wanted, such as macro; None for all.
        executor : concurrent.futures.Executor, optional
            Over whose workers the campaigns are spread.
        client : distributed.Client, optional
            In place of executor, of a cluster whose workers have this nanospread.

        Returns
        -------
        Run
            The outcomes, and what they say.

        Raises
        ------
        InputError
            A number out of range, an unknown option, or a brief that cannot be carried out; executor and
            client both, or a worker of the client that would compute something else.

        Examples
        --------
        >>> study.simulate(1_000, only=["macro", "nano_gift"]).worlds.shape[0]
        2000
        """
        names, workers = None if only is None else tuple(only), cluster.one_of(executor, client)
        run = Run(self, typed.whole("n_worlds", n_worlds), typed.whole("seed", seed), names, workers)
        _ = run.played  # at once: whatever is wrong is said here
        return run

    def sweep(
        self,
        name: str,
        values: Iterable[float],
        *,
        n_worlds: int = 10_000,
        seed: int = 1,
        only: Sequence[str] | None = None,
        executor: Executor | None = None,
        client: Any = None,
    ) -> pd.DataFrame:
        """Simulate the options at each value of one assumption, all others as believed.

        Parameters
        ----------
        name : str
            An assumption or a field of the brief.
        values : iterable of float
            Its values, one or more.
        n_worlds : int
            Simulated campaigns for each value.
        seed : int
            Of the random numbers.
        only : sequence of str, optional
            Names of the options wanted; None for all.
        executor, client : optional
            As of `simulate`.

        Returns
        -------
        pandas.DataFrame
            One row per value, option and world: value, arm, world, cost, profit [money], roi [1].

        Examples
        --------
        >>> swept = study.sweep("kappa", [1, 10], n_worlds=256, only=["macro", "nano_gift"])
        >>> swept.groupby(["value", "arm"], observed=True).size().tolist()
        [256, 256, 256, 256]
        """
        with cluster.workers(cluster.one_of(executor, client)) as workers:
            return simulation.sweep(
                self.engagement,
                self.brief,
                name=name,
                values=values,
                n_worlds=n_worlds,
                seed=seed,
                only=only,
                executor=workers,
                beliefs=self.beliefs,
            )

    def frontier(
        self,
        shares: Iterable[float],
        *,
        n_worlds: int = 10_000,
        seed: int = 1,
        executor: Executor | None = None,
        client: Any = None,
    ) -> pd.DataFrame:
        """Simulate mixes from all nano to all macro, in the same campaigns.

        Parameters
        ----------
        shares : iterable of float
            Shares of the budget on the macro, 0 to 1.
        n_worlds : int
            Simulated campaigns.
        seed : int
            Of the random numbers.
        executor, client : optional
            As of `simulate`.

        Returns
        -------
        pandas.DataFrame
            One row per share and world: macro_share [1], world, arm, cost, profit [money], roi [1].

        Examples
        --------
        >>> study.frontier([0, 0.5, 1], n_worlds=256).groupby("macro_share").size().to_dict()
        {0.0: 256, 0.5: 256, 1.0: 256}
        """
        with cluster.workers(cluster.one_of(executor, client)) as workers:
            return simulation.frontier(
                self.engagement,
                self.brief,
                shares=shares,
                n_worlds=n_worlds,
                seed=seed,
                executor=workers,
                beliefs=self.beliefs,
            )

    def budget_curve(
        self,
        budgets: Iterable[float] | None = None,
        *,
        n_worlds: int = 10_000,
        seed: int = 1,
        executor: Executor | None = None,
        client: Any = None,
    ) -> BudgetCurve:
        """Simulate nano, the macro and the best mix at rising budgets, in the same campaigns.

        Parameters
        ----------
        budgets : iterable of float, optional
            Rising budgets [money]; None for a tenth to eight times the brief's, and the macro's quote.
        n_worlds : int
            Simulated campaigns for each budget.
        seed : int
            Of the random numbers.
        executor, client : optional
            As of `simulate`.

        Returns
        -------
        BudgetCurve
            Its points, one row per option and budget, and stops, where the next money stops paying.

        Raises
        ------
        InputError
            Budgets that do not rise, or that cannot be.

        References
        ----------
        docs/model.md C20.

        Examples
        --------
        >>> curve = study.budget_curve([2_500, 5_000], n_worlds=256)
        >>> curve.of("nano_gift")["creators_drawn"].tolist()
        [0.0, 0.0]
        """
        looked_at = min(typed.whole("n_worlds", n_worlds), budget_curve.FITTED)
        with cluster.workers(cluster.one_of(executor, client)) as workers:
            curve = budget_curve.curve(
                self.engagement,
                self.brief,
                information=self.simulate(looked_at, seed, only=[self.nano], executor=workers).information,
                budgets=budgets,
                n_worlds=n_worlds,
                seed=seed,
                beliefs=self.beliefs,
                executor=workers,
            )
        return budget_curve.withheld(curve) if self.withheld else curve

    def budget_for(
        self,
        orders: float,
        *,
        chance: float = 0.8,
        n_worlds: int = 10_000,
        seed: int = 1,
        executor: Executor | None = None,
        client: Any = None,
    ) -> dict[str, RequiredBudget]:
        """Find the smallest budget that brings wanted orders with a chance, by option.

        Parameters
        ----------
        orders : float
            Orders wanted, 1 or more.
        chance : float
            With which at least so many come [0-1].
        n_worlds : int
            Simulated campaigns for each budget tried.
        seed : int
            Of the random numbers.
        executor, client : optional
            As of `simulate`.

        Returns
        -------
        dict of str to RequiredBudget
            By option the budget [money], to two digits, nan where none is large enough; empty where odds
            are withheld.

        Raises
        ------
        InputError
            Orders or a chance out of range.

        References
        ----------
        docs/model.md C20.

        Examples
        --------
        >>> study.budget_for(100, n_worlds=256)["nano_gift"].budget > study.brief.budget / 2
        True
        """
        with cluster.workers(cluster.one_of(executor, client)) as workers:
            needed = budget_curve.needed(
                self.engagement,
                self.brief,
                orders,
                chance=chance,
                n_worlds=n_worlds,
                seed=seed,
                beliefs=self.beliefs,
                executor=workers,
            )
        return {} if self.withheld else needed

    def creators(self) -> pd.DataFrame:
        """Estimate the engagement rate of each creator, pulled towards creators alike.

        Returns
        -------
        pandas.DataFrame
            One row per creator with a rated post; er, er_low, er_high are posterior median and 80 % interval
            [share of followers], shrinkage [1] the weight on creators alike.

        References
        ----------
        docs/model.md C6 (b).

        Examples
        --------
        >>> study.creators()[["er_low", "er", "er_high"]].median().round(3).tolist()
        [0.029, 0.037, 0.05]
        """
        return self.engagement.creators

    def components(self, *, flag_is_label: bool = False) -> pd.DataFrame:
        """Measure the authenticity components of each creator beside peers.

        Parameters
        ----------
        flag_is_label : bool
            Whether the export's sponsored column is the platform's paid-partnership label.

        Returns
        -------
        pandas.DataFrame
            One row per creator and component, with interval, peers and reason of a flag.

        Examples
        --------
        >>> study.components()["creator"].nunique()
        900
        """
        return self.data.components(flag_is_label=flag_is_label)

    def shortlist(self, *, seed: int = 1) -> Shortlist:
        """Choose whom to invite under the brief's limits.

        Parameters
        ----------
        seed : int
            Of the worlds that a brief with caution looks at, and of `Shortlist.play`.

        Returns
        -------
        Shortlist
            The list with its reasons; computed when it is read.

        Examples
        --------
        >>> study.shortlist().invitations["niche"].nunique()
        4
        """
        if seed not in self._lists:
            self._lists[seed] = Shortlist(self.data, self.brief, seed, self.beliefs)
        return self._lists[seed]

    @cached_property
    def _lists(self) -> dict[int, Shortlist]:
        """Return the lists that were asked for, by their seed: each is chosen once."""
        return {}

    def plans(self, run: Run, shortlist: Shortlist | None = None) -> pd.DataFrame:
        """Compare two plans: with the creators you have, and with the whole budget.

        Parameters
        ----------
        run : Run
            Of this study, with its nano option: in the same campaigns.
        shortlist : Shortlist, optional
            With whose list; None for the study's own at the run's seed.

        Returns
        -------
        pandas.DataFrame
            Row plan_roster invites the list in its order until the money ends; row plan_budget contacts whom
            the budget pays for, creators not in the data included. Columns: on_list, creators_drawn (not in
            the data: taken for typical ones of their niche) [creators]; means of contacts, posts_live,
            cost_mean [money], conversions_mean; unique_reach_p50 [people]; cost_per_order, profit_mean,
            profit_p10, profit_p50, profit_p90 [money]; p_loss, p_beats_macro [0-1].

        Raises
        ------
        InputError
            A run without the nano option.

        Examples
        --------
        >>> study.plans(run)["on_list"].to_dict()
        {'plan_roster': 298, 'plan_budget': 349}
        """
        return plans(run, shortlist or self.shortlist(seed=run.seed))

    def staged(
        self,
        *,
        n_worlds: int = 8_192,
        seed: int = 1,
        week: str = "",
        executor: Executor | None = None,
        client: Any = None,
    ) -> StagedPlan:
        """Plan the list in batches: how many, of which sizes, and the rule for going on after each.

        Parameters
        ----------
        n_worlds : int
            Simulated campaigns in which the plan is judged; as many others are those it is chosen in.
        seed : int
            Of the random numbers.
        week : str
            ISO week such as 2026-W47 in which it starts, unless the data are newer; "" is the data's date.
        executor, client : optional
            As of `simulate`.

        Returns
        -------
        StagedPlan
            The batches and the rule, what they earn beside all now, nothing, the macro and a fixed pilot, and
            how often the rule is wrong.

        Raises
        ------
        InputError
            A capacity below one batch, dates that hold no look, or data that give no odds.

        References
        ----------
        docs/model.md C19.

        Examples
        --------
        >>> plan = study.staged(n_worlds=1_024)
        >>> plan.looks.columns.tolist()
        ['batch', 'measure', 'posts', 'days', 'go_on', 'stop', 'otherwise']
        """
        with cluster.workers(cluster.one_of(executor, client)) as workers:
            return planning.staged_plan(
                self,
                self.shortlist(seed=seed),
                n_worlds=n_worlds,
                seed=seed,
                week=week,
                executor=workers,
            )

    def compared(
        self, *others: "Study | Brief | str | Path", n_worlds: int = 10_000, seed: int = 1
    ) -> Comparison:
        """Compare this plan with those of other briefs, in the same simulated campaigns.

        Parameters
        ----------
        *others : Study, Brief, str or path
            Studies of the same data, or saved briefs to be opened on it: a bundled brief's name, a YAML file.
        n_worlds : int
            Simulated campaigns of each.
        seed : int
            Of the random numbers.

        Returns
        -------
        Comparison
            What differs, what each brief's options come to, and how far each is from this one.

        Raises
        ------
        InputError
            No other brief, too many, an unknown one, other data or another currency, or odds withheld.

        Examples
        --------
        >>> side_by_side = study.compared(study.changed(budget=8_000), n_worlds=512)
        >>> side_by_side.options.query("option == 'nano'")["conversions_mean"].round(-2).tolist()
        [200.0, 400.0]
        """
        studies = comparable_studies(self, others)
        every = zip(studies, comparison.aligned([study.beliefs for study in studies]), strict=True)
        runs = [replace(study, believed=beliefs).simulate(n_worlds, seed) for study, beliefs in every]
        return Comparison(comparison.numbered_names(studies), tuple(runs))

    def recruitment(self) -> Recruitment:
        """Plan how many creators to write to, what to offer, and who stays.

        Returns
        -------
        Recruitment
            The parts of the plan; each is computed when it is read.

        Examples
        --------
        >>> study.recruitment().needed.posts
        20
        """
        return Recruitment(self.data, self.brief, self.beliefs)

    def holdout_test(
        self,
        orders: pd.DataFrame,
        *,
        side: str = "nano",
        weeks: int | None = None,
        span: int = 2,
        n_worlds: int = 8_192,
        seed: int = 1,
    ) -> lift_tests.Plan:
        """Plan a test of what the campaign adds: in which regions or weeks it runs, and what would be seen.

        Parameters
        ----------
        orders : pandas.DataFrame
            Of the past, all of them: week (ISO), region, orders; a year or more tells most.
        side : {"nano", "macro"}
            Whose campaign.
        weeks : int, optional
            Weeks of the test; None for those with the most power.
        span : int
            Weeks on or off at a time, where fewer than eight regions cannot be divided.
        n_worlds : int
            Simulated campaigns, whose mean orders are expected.
        seed : int
            Of the draw and of the simulation.

        Returns
        -------
        Plan
            The draw, and by length of the test the smallest effect that 80 of 100 tests would see.

        Raises
        ------
        InputError
            A history too short or with gaps, or an unknown side.

        References
        ----------
        docs/model.md C21.

        Examples
        --------
        >>> rows = [(f"2025-W{w:02}", f"region {r}", 90 + 10 * r + 7 * (w * r % 5))
        ...         for w in range(1, 53) for r in range(8)]
        >>> past = pd.DataFrame(rows, columns=["week", "region", "orders"])
        >>> study.holdout_test(past, n_worlds=512).design
        'regions'
        """
        if side not in lift_tests.SIDES:
            raise errors.unknown("side", side, lift_tests.SIDES)
        option = self.nano if side == "nano" else side
        worlds = self.simulate(n_worlds, seed, only=[option]).worlds
        return lift_tests.planned(
            lift_tests.weekly(orders),
            float(worlds["conversions"].mean()),
            least=self.brief.weeks + lift_tests.TAIL,
            weeks=weeks,
            span=span,
            seed=seed,
        )

    def backtest(self, *, seed: int = 1) -> ForecastCheck:
        """Forecast posts that the model had not seen, and compare.

        Parameters
        ----------
        seed : int
            Of the random numbers.

        Returns
        -------
        ForecastCheck
            The parts of the comparison; each is computed when it is read.

        Examples
        --------
        >>> check = study.backtest()
        """
        return ForecastCheck(self.data, self.brief, seed)

    def running(self, campaign: str = "") -> Running | None:
        """Say where a running campaign is, batch by batch, and what its rule says now.

        Parameters
        ----------
        campaign : str
            Of the outreach log; "" is that of the rule in the brief (`batches.rule`).

        Returns
        -------
        Running or None
            Batches: one row each, with contacted, accepted, shipped [creators], live [posts], orders and
            orders_to_come [orders]. look: which look is next, its posts and their orders (clicks, where they
            alone are known) beside go_on and stop, due_on, and the verdict (wait, next batch, go on, stop or
            macro); None for a campaign without a rule. notes: what a reader must know. None where the brief
            has no rule and no campaign is named.

        Raises
        ------
        InputError
            A campaign that neither the outreach log nor the results know, with the nearest they do.

        Examples
        --------
        >>> study.running() is None  # the sample's brief has no rule
        True
        >>> study.running("2026-autumn").batches[["contacted", "accepted", "live"]].to_dict("records")
        [{'contacted': 235, 'accepted': 63, 'live': 34}]
        """
        return under_its_rule(self, campaign)


def open(  # noqa: A001  as ns.open
    data: str | Path = "", *, brief: str | Path | Brief = "", week: str | None = None, **changes: Any
) -> Study:
    """Open data under a brief; a brief of your own reads nothing before it is asked for.

    Parameters
    ----------
    data : str or path
        A folder of exports, a store or a snapshot in one; "" is the bundled, synthetic sample.
    brief : str, path or Brief
        A bundled brief's name, a YAML file, or a brief; "" is the sample's, with all niches of your data
        where they lack one of its niches.
    week : str, optional
        ISO week such as 2026-W47: of a store, what was known at its end. A folder of exports, and a snapshot
        that is named itself, are one state and stand as they are.
    **changes : object
        Fields of the brief, assumptions (their central value) and last_posts, last_days, fresh_days of the
        window of posts, by name; None leaves a value as it is.

    Returns
    -------
    Study
        Frozen; each step is computed once.

    Raises
    ------
    InputError
        No such data or brief, an unknown name, with the nearest known one, or a value that cannot be.

    Examples
    --------
    >>> ns.open(budget=8_000, last_posts=6).data.window.last_posts
    6
    >>> ns.open(budgt=8_000)
    Traceback (most recent call last):
        ...
    nanospread.core.errors.InputError: unknown parameter 'budgt'; did you mean 'budget'? Nearest of ...
    """
    return _opened(data, brief, week, changes)


def _opened(
    data: str | Path, brief: str | Path | Brief, week: str | None, changes: Mapping[str, Any]
) -> Study:
    default = not isinstance(brief, Brief) and briefs.path(brief or "sample") == briefs.path("sample")
    opened_brief = brief if isinstance(brief, Brief) else briefs.read(briefs.path(brief or "sample"))
    window, others = _split(opened_brief, changes)
    platform = str(others.get("platform") or opened_brief.platform)
    opened_data = Data(
        place(data, week, opened_brief.zone),
        Window(**window),
        order_settings(opened_brief, currency=not default),
        platform,
    )
    if default and opened_data.folder != paths.SAMPLE and "niches" not in others:
        others = _of_found_niches(opened_brief, opened_data) | others
    changed = briefs.changed(opened_brief, **others)
    currency_known = not default or "currency" in changes
    return Study(
        opened_data.within(opened_data.window, order_settings(changed, currency=currency_known)), changed
    )


def comparable_studies(study: Study, others: Iterable[Study | Brief | str | Path]) -> list[Study]:
    """Return a study and others that can be compared with it, saved briefs opened on its data.

    Raises: InputError as `Study.compared`.
    """
    every = [study]
    for other in others:
        if not isinstance(other, Study):
            opened = _opened(study.data.folder, other, None, asdict(study.data.window))
            other = Study(
                study.data.within(opened.data.window, opened.data.order_settings, opened.data.platform),
                opened.asked,
            )
        every.append(other)
    comparison.check(every)
    return every


def _of_found_niches(brief: Brief, data: Data) -> dict[str, Any]:
    """Return the niches of the data in place of the brief's and their minima, where the data lack one."""
    if set(brief.niches) <= set(data.roster["niche"]):
        return {}
    macro = brief.macro.niche if brief.macro.niche in data.niches else data.niches[0]
    share = 1.0 if len(data.niches) == 1 else None
    return {"niches": data.niches, "macro_niche": macro, "least_per_niche": {}, "most_share_niche": share}


def _split(brief: Brief, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the changes of the window, and those of the brief. Raises: InputError for an unknown name."""
    known = [*WINDOW, *briefs.parameters(brief)]
    for name in changes:
        if name not in known:
            raise errors.unknown("parameter", name, known, briefs.LISTED)
    values = {name: value for name, value in changes.items() if value is not None}
    window = {name: value for name, value in values.items() if name in WINDOW}
    return window, {name: value for name, value in values.items() if name not in WINDOW}
