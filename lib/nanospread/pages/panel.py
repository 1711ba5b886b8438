"""Study -> sliders that answer at once, and the table by sales level that a report keeps.

`answer` is the whole of it as a function: settings in, odds out. What orders earn is scaled, campaign by
campaign (`campaign.what_if`); other settings are a run of their own, first a small one. The widgets only
carry settings. They are made only where somebody can move them: the ids of widgets are random, and an
executed notebook must be the same every time.
"""

import asyncio
import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import ipywidgets  # type: ignore[import-untyped]
import pandas as pd
import yaml
from ipykernel.kernelbase import Kernel

from nanospread.campaign import brief as briefs
from nanospread.campaign.brief import Brief
from nanospread.campaign.risk import RIVAL
from nanospread.campaign.what_if import UNCHANGED, Factors, PairedCampaigns, WhatIfResult
from nanospread.core import errors
from nanospread.core.formatting import capital, listed
from nanospread.core.notebooks import VIEW
from nanospread.pages import show
from nanospread.pages import what_if as scaling
from nanospread.pages.campaign import profit_by_arm
from nanospread.pages.labels import label
from nanospread.study import Study
from nanospread.study.running import supposed

Setting = float | str

BUDGETS = (0.2, 4.0)  # how far the budget can be moved, as multiples of the brief's [1]
OFFERS = ("gift", "fee")
PARAMETERS = ("budget", "kappa")  # settings that `nanospread report -p` takes
TAUGHT = "results have taught how much is sold: a set kappa moves the odds less than the slider does"
MIXED = "mixed"  # a choice only for a brief that makes this offer
QUICK = 1_000  # campaigns of the first answer where settings need a run of their own
PAUSE = 0.3  # after the last move, until the whole run and the picture follow [s]
STEPS = 20  # a slider has at least so many
LABEL = {"description_width": "16em"}
WIDTH = {"width": "min(100%, 42em)"}  # narrower where the window is


@dataclass(frozen=True)
class Control:
    """One number that can be moved: its name among the settings, its start, and between what it moves.

    log: equal steps are equal factors. number_format: of its readout, as d3 has it. offers: those it matters
    under. scales: the field of `Factors` that it moves, if it does.
    """

    name: str
    label: str
    start: float
    low: float
    high: float
    number_format: str
    log: bool = False
    offers: tuple[str, ...] = (*OFFERS, MIXED)
    scales: str = ""


def controls(study: Study) -> tuple[Control, ...]:
    """Return the numbers of a study that can be moved: those whose range has more than one value."""
    brief = study.brief
    low, high = (brief.budget * end for end in BUDGETS)
    most = len(brief.niches)
    every = (
        *(_scaled(slider, brief.currency) for slider in scaling.sliders(study)),
        Control("budget", f"Budget, {brief.currency}", brief.budget, low, high, ",.0f"),
        _assumed(brief, "post_rate_gift", "Post rate, gifted nano", ".1%", offers=("gift", MIXED)),
        _assumed(brief, "post_rate_fee", "Post rate, paid nano", ".1%", offers=("fee", MIXED)),
        _assumed(brief, "rho_campaign", "Luck that a campaign shares", ".0%"),
        Control("niches", "Niches, the brief's first", most, 1, most, "d"),
    )
    return tuple(control for control in every if control.low < control.high)


def settings(study: Study) -> dict[str, Setting]:
    """Return the brief's own settings by name: its offer, and where each control starts."""
    return {"offer": study.brief.nano.offer, **{control.name: control.start for control in controls(study)}}


def offers(brief: Brief) -> tuple[str, ...]:
    """Return what nano creators can be offered: gift or fee, and mixed where the brief does that."""
    return (*OFFERS, MIXED) if brief.nano.offer == MIXED else OFFERS


def named(study: Study) -> list[str]:
    """Return the settings that matter under the brief's offer, in words."""
    offer = study.brief.nano.offer
    labels = [control.label.split(",")[0] for control in controls(study) if offer in control.offers]
    return list(dict.fromkeys(["gift or fee", *(label[0].lower() + label[1:] for label in labels)]))


def changes(study: Study, values: Mapping[str, Setting]) -> tuple[dict[str, object], Factors]:
    """Return what differs from the brief, as `Study.changed` takes it, and by what to scale the campaigns.

    Raises: InputError for the niches.
    """
    moved, scaled = _differing(study, values), {each.name: each for each in controls(study) if each.scales}
    factors = {scaled[n].scales: float(value) / scaled[n].start for n, value in moved.items() if n in scaled}
    changed: dict[str, object] = {n: value for n, value in moved.items() if n not in scaled}
    if "niches" in changed:
        changed["niches"] = _first(study.brief.niches, changed["niches"])
    return changed, UNCHANGED._replace(**factors)


def copied(study: Study, values: Mapping[str, Setting]) -> str:
    """Return settings as lines of a brief, and as options of a report where those can say them all.

    Raises: InputError, as `Study.changed`.
    """
    moved: dict[str, Any] = {
        name: float(f"{value:.4g}") if isinstance(value, float) else value
        for name, value in _differing(study, values).items()
    }
    if not moved:
        return "# all as in the brief"
    options = " ".join(f"-p {name}={value:g}" for name, value in moved.items() if name in PARAMETERS)
    if "niches" in moved:
        moved["niches"] = _first(study.brief.niches, moved["niches"])
    new = briefs.changed(study.asked, **moved)
    fields = {name: value for name, value in new if value != getattr(study.asked, name)}
    plain = new.model_dump(mode="json", include={*fields} - {"assumptions"}, exclude_none=True)
    if assumptions := {name: value for name, value in moved.items() if name in study.brief.assumptions}:
        plain["assumptions"] = assumptions
    lines = yaml.safe_dump(plain, default_flow_style=None, sort_keys=False, width=10_000)
    command = f"# or: nanospread report {options}\n" if set(moved) <= {*PARAMETERS} else ""
    taught = "kappa" in moved and study.beliefs.learned_from.get("kappa")
    caution = f"# {TAUGHT}\n" if taught else ""
    return f"# lines for the brief; a number is taken as certain\n{caution}{lines}{command}".strip()


def _differing(study: Study, values: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return the settings that are not where the brief has them."""
    start = settings(study)
    return {name: value for name, value in values.items() if not _same(value, start.get(name))}


def _scaled(slider: scaling.Slider, currency: str) -> Control:
    """Return the control of what scales campaigns."""
    name = {"macro_fee": "macro_quote"}.get(slider.setting, slider.setting)
    unit = {"kappa": "", "margin": ""}.get(slider.setting, f", {currency}")
    number_format = {"kappa": ".3g", "margin": ".0%", "fee_per_follower_macro": ".3f"}.get(
        slider.setting, ",.0f"
    )
    words = capital(label(name)) + unit
    log, ends = slider.setting == "kappa", (slider.start, slider.low, slider.high)
    return Control(slider.setting, words, *ends, number_format, log=log, scales=slider.field)


def _assumed(brief: Brief, name: str, label: str, number_format: str, **options: Any) -> Control:
    row = brief.assumptions[name]
    return Control(name, label, row.central, row.low, row.high, number_format, **options)


def _same(value: object, default: object) -> bool:
    if isinstance(value, int | float) and isinstance(default, int | float):
        return math.isclose(value, default, rel_tol=1e-9)  # the end of a log slider is off in its last digit
    return value == default


def _first(niches: tuple[str, ...], number: object) -> tuple[str, ...]:
    if not isinstance(number, int) or not 1 <= number <= len(niches):
        raise errors.InputError(f"niches must be a whole number from 1 to {len(niches)}; got {number!r}")
    return niches[:number]


@dataclass(frozen=True)
class Answer:
    """What settings come to: the campaigns of a run, by what they are scaled, and the odds that follow."""

    paired: PairedCampaigns
    factors: Factors
    result: WhatIfResult


def answer(study: Study, settings: Mapping[str, Setting], *, n_worlds: int, seed: int) -> Answer:
    """Return the odds of nano and the macro with some of `settings` in place of the brief's.

    Raises: InputError.
    """
    changed, factors = changes(study, settings)
    return _answered(_paired(study, changed, n_worlds, seed), factors)


def _paired(study: Study, changed: Mapping[str, object], n_worlds: int, seed: int) -> PairedCampaigns:
    if changed:
        return supposed(study, changed, n_worlds=n_worlds, seed=seed)
    return study.simulate(n_worlds, seed, only=[RIVAL, study.nano]).paired


def _answered(paired: PairedCampaigns, factors: Factors) -> Answer:
    return Answer(paired, factors, paired.answer(factors))


def odds(answer: Answer) -> show.Output:
    """Return the small table of odds of both options."""
    columns = ["p_loss", "p_ahead", "profit_p50", "cost_per_order", "earned_per_order"]
    rows = [{"option": name, **odds._asdict()} for name, odds in answer.result.options.items()]
    caption = f"Of 100 simulated campaigns, and money in {answer.paired.brief.currency}"
    return show.table(pd.DataFrame(rows)[["option", *columns]], caption)


def picture(answer: Answer) -> show.Output:
    """Return the profits of both options as the notebook draws them, under what to buy."""
    profits = answer.paired.profits(answer.factors)
    worlds = pd.concat([pd.DataFrame({"arm": name, "profit": profit}) for name, profit in profits.items()])
    title, currency = scaling.title(answer.result), answer.paired.brief.currency
    return profit_by_arm(worlds, tuple(profits), currency, title=title).output()


class Panel:
    """Sliders, and the answer to where they stand: `answer`, or None while `problem` says why there is none.

    controls: the widgets by the name of their setting. shown: the widget with the answer. box: all of it.
    """

    def __init__(self, study: Study, *, n_worlds: int, seed: int, live: bool | None = None) -> None:
        self._study, self._brief, self._n_worlds, self._seed = study, study.brief, n_worlds, seed
        self._live, self._held = live, False
        self._own = _paired(study, {}, n_worlds, seed)
        self._kept = {str({}): self._own}
        self._waiting: asyncio.TimerHandle | None = None
        self.answer: Answer | None = _answered(self._own, UNCHANGED)
        self.problem: str | None = None

    @cached_property
    def controls(self) -> dict[str, Any]:
        """Return the widget of each setting by name, each at the brief's own value."""
        widgets = {"offer": _buttons(self._brief)}
        widgets |= {control.name: _slider(control) for control in controls(self._study)}
        _hide_idle(widgets, self._study)
        for control in widgets.values():
            control.observe(self._moved, names="value")
        return widgets

    @cached_property
    def shown(self) -> Any:
        """Return the widget that holds the verdict, the picture and the odds, or what is not possible."""
        return ipywidgets.HTML(_html(self.answer, self.problem), layout={"max_width": "56em"})

    @cached_property
    def copy(self) -> Any:
        """Return the widget with the settings as a brief and a command line have them."""
        return ipywidgets.Textarea(
            value=copied(self._study, {}),
            description="To copy",
            tooltip="These settings as lines for a brief or as options of a report",
            rows=6,
            style=LABEL,
            layout=WIDTH,
        )

    @cached_property
    def box(self) -> Any:
        """Return the whole panel as one widget."""
        reset = ipywidgets.Button(description="Reset", tooltip="Back to the settings of the brief")
        reset.on_click(lambda _: self.reset())
        return ipywidgets.VBox([*self.controls.values(), reset, self.shown, self.copy])

    def reset(self) -> None:
        """Move every setting back to the brief's own, and answer once."""
        self._held = True  # else each slider on its way back would be answered
        for name, value in settings(self._study).items():
            self.controls[name].value = value
        self._held = False
        self._moved()

    def still(self) -> show.Output:
        """Return what a report keeps: the table by sales level, and what its page answers from."""
        table, names = scaling.still(self._study, self._own), named(self._study)
        more = f"In JupyterLab these settings can be moved: {listed(names, most=len(names))}."
        return show.Output({**table.data, "text/plain": f"{table.data['text/plain']}\n{more}"})

    def _moved(self, change: object = None) -> None:
        """Answer at once, without a picture; the whole run and the picture follow when all is still."""
        if self._held:
            return
        _hide_idle(self.controls, self._study)
        self._answer(QUICK)
        if self._waiting:
            self._waiting.cancel()
        self._waiting = _later(lambda: self._answer(self._n_worlds))

    def _answer(self, n_worlds: int) -> None:
        positions = {name: control.value for name, control in self.controls.items()}
        try:
            changed, factors = changes(self._study, positions)
            paired = self._kept.get(str(changed))
            if paired is None:
                paired = _paired(self._study, changed, min(n_worlds, self._n_worlds), self._seed)
                if n_worlds >= self._n_worlds:
                    self._kept = {str({}): self._own, str(changed): paired}
            self.answer, self.problem = _answered(paired, factors), None
            self.copy.value = copied(self._study, positions)
        except errors.InputError as error:
            self.answer, self.problem = None, str(error)
        self.shown.value = _html(self.answer, self.problem, with_picture=n_worlds >= self._n_worlds)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        still = self.still()
        live = _asked_by_a_person() if self._live is None else self._live
        view = {VIEW: self.box._repr_mimebundle_()[VIEW]} if live else {}
        return {**still.data, **view}, dict(still.metadata)


def _later(step: Callable[[], None]) -> asyncio.TimerHandle | None:
    """Take a step after a pause, or now where no loop of a kernel would come back to it."""
    try:
        return asyncio.get_running_loop().call_later(PAUSE, step)
    except RuntimeError:
        step()
        return None


def _asked_by_a_person() -> bool:
    """Return whether a front end sent the running cell: those name the cell in their request.

    So do JupyterLab 4 and Notebook 7; nbclient (papermill, nbconvert) and nbval do not.
    """
    return Kernel.initialized() and "cellId" in Kernel.instance().get_parent().get("metadata", {})


def _hide_idle(widgets: Mapping[str, Any], study: Study) -> None:
    """Hide the post rate of the offer that is not made: moving it would change nothing."""
    for control in controls(study):
        matters = widgets["offer"].value in control.offers
        widgets[control.name].layout.display = None if matters else "none"


def _buttons(brief: Brief) -> Any:
    choices = offers(brief)
    return ipywidgets.ToggleButtons(
        options=choices,
        value=brief.nano.offer,
        description="Offer to nano creators",
        tooltips=[f"Nano creators are offered: {offer}" for offer in choices],
        style={**LABEL, "button_width": "6em"},
        layout=WIDTH,
    )


def _slider(control: Control) -> Any:
    """Return a slider that speaks only when let go, so that a drag queues no simulations."""
    common = {
        "value": control.start,
        "description": control.label,
        "tooltip": f"{control.label} ({control.name})",
        "readout_format": control.number_format,
        "continuous_update": False,
        "style": LABEL,
        "layout": WIDTH,
    }
    if control.log and control.low > 0:
        low, high = math.log10(control.low), math.log10(control.high)
        return ipywidgets.FloatLogSlider(min=low, max=high, step=(high - low) / (2 * STEPS), **common)
    if isinstance(control.start, int):
        return ipywidgets.IntSlider(min=control.low, max=control.high, **common)
    step = 10 ** math.floor(math.log10((control.high - control.low) / STEPS))
    return ipywidgets.FloatSlider(min=control.low, max=control.high, step=step, **common)


def _html(answer: Answer | None, problem: str | None, *, with_picture: bool = True) -> str:
    """Return the answer as HTML, in the class that JupyterLab colours for both of its themes."""
    if answer is None:
        text = f'<p role="alert"><strong>Not possible:</strong> {escape(show.printable(problem))}</p>'
    else:
        summary = f'<p role="status"><strong>{escape(scaling.sentence(answer.result))}</strong></p>'
        image = f"\n{_image(picture(answer))}" if with_picture else ""
        text = f"{summary}\n{odds(answer).data['text/html']}{image}"
    return f'<div class="jp-RenderedHTMLCommon">{text}</div>'


def _image(figure: show.Output) -> str:
    """Return a figure as one <img> with its alt text, on white whatever the theme."""
    (kind, known), *_ = figure.metadata.items()
    image = figure.data[kind]
    encoded = image if kind == "image/png" else b64encode(image.encode()).decode("ascii")
    style = "width: 100%; background: white"
    return f'<img alt="{escape(known["alt"])}" style="{style}" src="data:{kind};base64,{encoded}">'


def what_if(study: Study, *, n_worlds: int, seed: int, live: bool | None = None) -> Panel:
    """Return the panel for the last line of a cell: sliders for a person, a still picture for a report.

    live: whether to show the sliders; None asks whether a person's front end sent the running cell.

    Raises: InputError where the brief itself cannot be simulated.
    """
    return Panel(study, n_worlds=n_worlds, seed=seed, live=live)
