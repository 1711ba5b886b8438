"""One macro influencer or many nano influencers on one budget, with honest odds.

    import nanospread as ns

    study = ns.open("exports", brief="autumn.yaml", budget=8000)
    run = study.simulate(n_worlds=20_000, seed=1)
    run.odds()

The wings, in order; each imports only from wings above it (tests/test_architecture.py):

- core: errors, the way numbers are written, where things are
- sample: seed -> synthetic exports, labelled so
- ingest: export files -> validated tables, and a ledger of every repair and refusal
- store: validated tables <-> weekly snapshots on disk; erasure
- creators: tiers, benchmarks, rates, engagement, authenticity
- campaign: brief, reach, recruitment, simulation, risk, shortlist, staged, backtest
- study: the only pipeline: data + engagement + brief -> simulate, sweep, shortlist, backtest
- pages: numbers -> sentences, checked rows, figures, tables, the what-if panel
- report: notebooks + brief -> HTML, metrics.json, CSV, and what changed since earlier weeks
- fetch: the Instagram Graph API -> answers, kept as they came, and export files
- send: what a run ended with -> one message to each channel that the user named
- cli: the command line

Every name below is imported when it is first used, so that `import nanospread` itself costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nanospread import pages as pages
    from nanospread import store as store
    from nanospread.campaign import backtest as backtest
    from nanospread.campaign import brief as briefs  # noqa: F401
    from nanospread.campaign import decision as decision
    from nanospread.campaign import lift_tests as lift_tests
    from nanospread.campaign import reach as reach
    from nanospread.campaign import recruitment as recruitment
    from nanospread.campaign import risk as risk
    from nanospread.campaign import sensitivity as sensitivity
    from nanospread.campaign import shortlist as shortlist
    from nanospread.campaign import simulation as simulation
    from nanospread.campaign.brief import Brief as Brief
    from nanospread.campaign.staged import StagedPlan as StagedPlan
    from nanospread.core import formatting as formatting
    from nanospread.core.errors import InputError as InputError
    from nanospread.core.estimates import Estimate as Estimate
    from nanospread.creators import authenticity as authenticity
    from nanospread.creators import benchmarks as benchmarks
    from nanospread.creators import contrasts as contrasts
    from nanospread.creators import engagement as engagement
    from nanospread.creators import metrics as metrics
    from nanospread.creators import stored_rates as stored_rates
    from nanospread.creators.engagement import EngagementModel as EngagementModel
    from nanospread.ingest import tables as tables
    from nanospread.pages import panel as panel
    from nanospread.pages import show as show
    from nanospread.report import changes as changes
    from nanospread.study import Comparison as Comparison
    from nanospread.study import ForecastCheck as ForecastCheck
    from nanospread.study import Recruitment as Recruitment
    from nanospread.study import Run as Run
    from nanospread.study import Shortlist as Shortlist
    from nanospread.study import Study as Study
    from nanospread.study import health as health
    from nanospread.study import open as open  # noqa: A004

    __version__: str

# What a newcomer meets, stable from release to release: docs/reference.md shows it, tests/test_surface.py
# checks its docstrings and runs their examples.
SURFACE = (
    "open",
    *("Study", "Study.tables", "Study.roster", "Study.posts", "Study.as_of"),
    *("Study.engagement", "Study.measured", "Study.brief", "Study.nano", "Study.changed", "Study.simulate"),
    *("Study.sweep", "Study.frontier", "Study.creators", "Study.components", "Study.shortlist"),
    *("Study.plans", "Study.staged", "Study.recruitment", "Study.backtest", "Study.running"),
    *("Study.budget_curve", "Study.budget_for", "Study.compared", "Study.holdout_test"),
    *("Run", "Run.worlds", "Run.plan", "Run.notes", "Run.summary", "Run.by_arm", "Run.estimate", "Run.odds"),
    *("Run.central", "Run.unknowns", "Run.decision"),
    *("Shortlist", "Shortlist.invitations", "Shortlist.reserve", "Shortlist.reach", "Shortlist.play"),
    *("Recruitment", "Recruitment.funnel", "Recruitment.needed", "Recruitment.offers"),
    *("Recruitment.retention", "Recruitment.programme"),
    "StagedPlan",
    *("ForecastCheck", "ForecastCheck.held_out", "ForecastCheck.strict", "ForecastCheck.to_date"),
    *("Comparison", "Comparison.options", "Comparison.differences"),
    *("Brief", "EngagementModel", "Estimate", "InputError"),
)

_NAMES = {  # of classes and functions, by the module that has them
    "campaign.brief": ("Brief",),
    "campaign.staged": ("StagedPlan",),
    "core.errors": ("InputError",),
    "core.estimates": ("Estimate",),
    "creators.engagement": ("EngagementModel",),
    "study": ("Comparison", "ForecastCheck", "Recruitment", "Run", "Shortlist", "Study", "health", "open"),
}
_CLASSES = {name: module for module, names in _NAMES.items() for name in names}
_MODULES = {"briefs": "campaign.brief"} | {
    module.rpartition(".")[2]: module
    for module in (
        *("core.formatting", "ingest.tables", "store"),
        *("creators.authenticity", "creators.benchmarks", "creators.contrasts", "creators.engagement"),
        *("creators.metrics", "creators.stored_rates", "campaign.backtest", "campaign.reach"),
        *("campaign.recruitment", "campaign.risk", "campaign.lift_tests"),
        *("campaign.sensitivity", "campaign.shortlist", "campaign.simulation"),
        *("pages", "pages.panel", "pages.show", "report.changes"),
    )
}

__all__ = ["Brief", "Estimate", "InputError", "Run", "Study", "open"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("nanospread.core.paths").VERSION
    if name in _CLASSES:
        return getattr(importlib.import_module(f"nanospread.{_CLASSES[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"nanospread.{_MODULES[name]}")
    raise AttributeError(f"module 'nanospread' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_CLASSES, *_MODULES, "SURFACE", "__version__"])
