"""Numbers -> what a notebook cell shows: each topic's sentences, checked rows and figures, and the panel.

A topic is a module, or a package that has its sentences and checked rows in front and its figures beside
them. A sentence is a `Finding`: a title that heads a figure, and a text. Checked rows are what a notebook
ends on, nbval compares and metrics.json carries: metric (unique name), label (in words), value, low and high
(its interval), se (Monte Carlo error), n (sample size), unit, basis (measured, estimated or assumed) and
formula. A simulated number's interval is the simulation's own error; the doubt about the assumptions is shown
by the sweeps. A figure is `name(data, ..., title=finding, ax=None)` and returns a `Chart`; nothing is
computed in it beyond binning, medians and positions.

- labels: names -> label, unit, number format and explanation
- basis: what numbers rest on -> the badge that says so
- image: a drawn figure -> SVG or PNG, and a digest of what is drawn
- show: tables, pictures and sentences -> what a notebook cell shows and stores
- _style: one look for every figure, and the numbers behind it
- data_quality: rows kept, repaired and refused; orders credited; posts by week; dates of follower counts
- engagement: rates by tier, niche and size, beside published ones; sponsored posts; traps
- creator_rates: a creator's true rate behind few posts
- authenticity: comments that can be answered, and flags beside those of luck
- verdict: what to do, how firm that is, who is ahead how often, and what the odds rest on
- sensitivity: what is not known, how much that matters, and what turns nano
- health: whether the advice can be relied on, check by check, with what to do
- plans: with the creators of the data, and with the whole budget
- next_batch: whom to write to now, when to go on or stop, what batches are worth
- campaign: profit by option, and mixes
- diversification: one creator or many, one niche or many, and whose luck it is
- budgets: how much to spend, and the budget for orders
- recruitment: contacts, posts, days and offers
- ambassadors: who stays, and what a programme returns
- shortlist: whom to invite, beside what plain rules choose, and how many different people that reaches
- forecast: forecasts beside what came
- changes: what moved since the last report
- comparison: the plans of several briefs side by side
- what_if: paired campaigns -> what other settings come to, as a table and as a page's sliders hold it
- panel: study -> sliders that redraw odds and distributions, and the still picture a report keeps
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

if not TYPE_CHECKING:  # a type checker shall know each module by its import

    def __getattr__(name: str) -> ModuleType:
        """Load a topic with its figures when it is first named: `pages.forecast.figures` needs no import."""
        topic = f"{__name__}.{name}"
        if name.startswith("__") or find_spec(topic) is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = import_module(topic)
        if hasattr(module, "__path__") and find_spec(f"{topic}.figures"):
            import_module(f"{topic}.figures")
        return module
