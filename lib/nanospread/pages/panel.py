"""Study -> sliders that redraw odds and distributions, and the static picture a report keeps.

`answer` is the whole of it as a function: settings in, odds out, by the same steps as the notebook. The
widgets only carry settings to it. They are made only where somebody can move them: the ids of widgets are
random, and an executed notebook must be the same every time.
"""

import math
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import ipywidgets  # type: ignore[import-untyped]
from ipykernel.kernelbase import Kernel

from nanospread.campaign.brief import Brief
from nanospread.core import errors
from nanospread.core.formatting import Finding, listed
from nanospread.core.notebooks import VIEW
from nanospread.pages import show, verdict
from nanospread.pages.campaign.figures import profit_by_arm
from nanospread.pages.labels import label
from nanospread.study import Run, Study

Setting = float | str

BUDGETS = (0.2, 4.0)  # how far the budget can be moved, as multiples of the brief's [1]
OFFERS = ("gift", "fee")
MIXED = "mixed"  # a choice only for a brief that makes this offer
SHOWN = {
    "p_beats_macro": "beats the macro",
    "p_loss": "loses money",
    "profit_p50": "median profit",
    "cvar_5": "mean of the worst 5%",
}
STEPS = 20  # a slider has at least so many
LABEL = {"description_width": "16em"}
WIDTH = {"width": "min(100%, 42em)"}  # narrower where the window is


@dataclass(frozen=True)
class Knob:
    """One number that can be moved: its name among the settings, its start, and between what it moves.

    log: equal steps are equal factors. written: how d3 writes its readout. offers: those it matters under.
    """

    name: str
    label: str
    start: float
    low: float
    high: float
    written: str
    log: bool = False
    offers: tuple[str, ...] = (*OFFERS, MIXED)


def knobs(brief: Brief) -> tuple[Knob, ...]:
    """Return the numbers of a brief that can be moved: those whose range has more than one value."""
    low, high = (brief.budget * end for end in BUDGETS)
    most = len(brief.niches)
    every = (
        Knob("budget", f"Budget, {brief.currency}", brief.budget, low, high, ",.0f"),
        _macro_fee(brief),
        _assumed(brief, "post_rate_gift", "Post rate, gifted nano", ".1%", offers=("gift", MIXED)),
        _assumed(brief, "post_rate_fee", "Post rate, paid nano", ".1%", offers=("fee", MIXED)),
        _assumed(brief, "kappa", "Kappa, level of sales", ".3g", log=True),
        _assumed(brief, "rho_campaign", "Shared luck, rho_campaign", ".0%"),
        Knob("niches", "Niches, the brief's first", most, 1, most, "d"),
    )
    return tuple(knob for knob in every if knob.low < knob.high)


def settings(brief: Brief) -> dict[str, Setting]:
    """Return the brief's own settings by name: its offer, and where each knob starts."""
    return {"offer": brief.nano.offer, **{knob.name: knob.start for knob in knobs(brief)}}


def offers(brief: Brief) -> tuple[str, ...]:
    """Return what nano creators can be offered: gift or fee, and mixed where the brief does that."""
    return (*OFFERS, MIXED) if brief.nano.offer == MIXED else OFFERS


def named(brief: Brief) -> list[str]:
    """Return the settings that matter under the brief's offer, in words."""
    labels = [knob.label.split(",")[0] for knob in knobs(brief) if brief.nano.offer in knob.offers]
    names = ["gift or fee", *(label[0].lower() + label[1:] for label in labels)]
    return list(dict.fromkeys(names))


def changes(brief: Brief, given: Mapping[str, Setting]) -> dict[str, object]:
    """Return what differs from the brief, as `brief.changed` takes it. Raises: InputError for the niches."""
    start = settings(brief)
    moved: dict[str, object] = {n: value for n, value in given.items() if not _same(value, start.get(n))}
    if "niches" in moved:
        moved["niches"] = _first(brief.niches, moved["niches"])
    return moved


def _macro_fee(brief: Brief) -> Knob:
    """Return the macro's fee: of the quote, if there is one, else per follower; as far as the latter goes."""
    row = brief.assumptions.fee_per_follower_macro
    if brief.macro.fee is None:
        return _assumed(brief, row.name, f"Macro's fee per follower, {brief.currency}", ".3f")
    low, high = (brief.macro.fee * end / row.central for end in (row.low, row.high))
    return Knob("macro_fee", f"Macro's fee, {brief.currency}", brief.macro.fee, low, high, ",.0f")


def _assumed(brief: Brief, name: str, label: str, written: str, **how: Any) -> Knob:
    row = brief.assumptions[name]
    return Knob(name, label, row.central, row.low, row.high, written, **how)


def _same(value: object, own: object) -> bool:
    if isinstance(value, int | float) and isinstance(own, int | float):
        return math.isclose(value, own, rel_tol=1e-9)  # the end of a log slider is off in its last digit
    return value == own


def _first(niches: tuple[str, ...], number: object) -> tuple[str, ...]:
    if not isinstance(number, int) or not 1 <= number <= len(niches):
        raise errors.InputError(f"niches must be a whole number from 1 to {len(niches)}; got {number!r}")
    return niches[:number]


@dataclass(frozen=True)
class Answer:
    """What settings come to: the run of the study as they change it, and its verdict."""

    run: Run
    verdict: Finding

    @property
    def arms(self) -> tuple[str, str]:
        """Return the names of the two arms compared."""
        return "macro", self.run.study.nano

    @property
    def currency(self) -> str:
        """Return the currency of the brief."""
        return self.run.study.asked.currency


def answer(study: Study, settings: Mapping[str, Setting], *, n_worlds: int, seed: int) -> Answer:
    """Return the odds of both arms with some of `settings` in place of the brief's. Raises: InputError."""
    changed = changes(study.brief, settings)
    other = study.changed(**changed) if changed else study
    run = other.simulate(n_worlds, seed, only=["macro", other.nano])
    return Answer(run, verdict.headline(run))


def odds(answer: Answer) -> show.Output:
    """Return the small table of odds of the two arms, and how bad a bad world is."""
    by_arm = answer.run.by_arm
    rows = by_arm[[column for column in ("arm", *SHOWN) if column in by_arm]].rename(columns=SHOWN)
    beats, loses, median, worst = SHOWN.values()
    formats = dict.fromkeys((beats, loses), "{:.1%}") | dict.fromkeys((median, worst), "{:,.0f}")
    formats = {column: shape for column, shape in formats.items() if column in rows}
    caption = f"Estimated odds; money in {answer.currency}"
    return show.table(rows, caption, formats=formats | {"arm": label})


def picture(answer: Answer) -> show.Output:
    """Return the profits of the two arms as the notebook draws them, under the verdict."""
    title = answer.verdict.title
    return profit_by_arm(answer.run.worlds, answer.arms, answer.currency, title=title).output()


class Panel:
    """Sliders, and the answer to where they stand: `answer`, or None while `problem` says why there is none.

    controls: the widgets by the name of their setting. shown: the widget with the answer. box: all of it.
    """

    def __init__(self, study: Study, *, n_worlds: int, seed: int, live: bool | None = None) -> None:
        self._study, self._brief, self._n_worlds, self._seed = study, study.brief, n_worlds, seed
        self._live, self._held = live, False
        self._own = answer(study, {}, n_worlds=n_worlds, seed=seed)
        self.answer: Answer | None = self._own
        self.problem: str | None = None

    @cached_property
    def controls(self) -> dict[str, Any]:
        """Return the widget of each setting by name, each at the brief's own value."""
        made = {"offer": _buttons(self._brief)}
        made |= {knob.name: _slider(knob) for knob in knobs(self._brief)}
        _hide_idle(made, self._brief)
        for control in made.values():
            control.observe(self._moved, names="value")
        return made

    @cached_property
    def shown(self) -> Any:
        """Return the widget that holds the verdict, the picture and the odds, or what is not possible."""
        return ipywidgets.HTML(_html(self.answer, self.problem), layout={"max_width": "56em"})

    @cached_property
    def box(self) -> Any:
        """Return the whole panel as one widget."""
        reset = ipywidgets.Button(description="Reset", tooltip="Back to the settings of the brief")
        reset.on_click(lambda _: self.reset())
        return ipywidgets.VBox([*self.controls.values(), reset, self.shown])

    def reset(self) -> None:
        """Move every setting back to the brief's own, and answer once."""
        self._held = True  # else each slider on its way back would be answered
        for name, value in settings(self._brief).items():
            self.controls[name].value = value
        self._held = False
        self._moved()

    def still(self) -> show.Output:
        """Return what a report keeps: the picture of the brief itself, and what a person could move."""
        drawn = picture(self._own)
        names = named(self._brief)
        caption = f"In JupyterLab these settings can be moved: {listed(names, most=len(names))}."
        metadata = {kind: {**known, "caption": caption} for kind, known in drawn.metadata.items()}
        return show.Output({**drawn.data, "text/plain": f"{drawn.data['text/plain']}\n{caption}"}, metadata)

    def _moved(self, change: object = None) -> None:
        if self._held:
            return
        at = {name: control.value for name, control in self.controls.items()}
        try:
            self.answer = answer(self._study, at, n_worlds=self._n_worlds, seed=self._seed)
            self.problem = None
        except errors.InputError as error:
            self.answer, self.problem = None, str(error)
        _hide_idle(self.controls, self._brief)
        self.shown.value = _html(self.answer, self.problem)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        still = self.still()
        live = _asked_by_a_person() if self._live is None else self._live
        view = {VIEW: self.box._repr_mimebundle_()[VIEW]} if live else {}
        return {**still.data, **view}, dict(still.metadata)


def _asked_by_a_person() -> bool:
    """Return whether a front end sent the running cell: those name the cell in their request.

    So do JupyterLab 4 and Notebook 7; nbclient (papermill, nbconvert) and nbval do not.
    """
    return Kernel.initialized() and "cellId" in Kernel.instance().get_parent().get("metadata", {})


def _hide_idle(controls: Mapping[str, Any], brief: Brief) -> None:
    """Hide the post rate of the offer that is not made: moving it would change nothing."""
    for knob in knobs(brief):
        matters = controls["offer"].value in knob.offers
        controls[knob.name].layout.display = None if matters else "none"


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


def _slider(knob: Knob) -> Any:
    """Return a slider that speaks only when let go, so that a drag queues no simulations."""
    common = {
        "value": knob.start,
        "description": knob.label,
        "tooltip": f"{knob.label} ({knob.name})",
        "readout_format": knob.written,
        "continuous_update": False,
        "style": LABEL,
        "layout": WIDTH,
    }
    if knob.log and knob.low > 0:
        low, high = math.log10(knob.low), math.log10(knob.high)
        return ipywidgets.FloatLogSlider(min=low, max=high, step=(high - low) / (2 * STEPS), **common)
    if isinstance(knob.start, int):
        return ipywidgets.IntSlider(min=knob.low, max=knob.high, **common)
    step = 10 ** math.floor(math.log10((knob.high - knob.low) / STEPS))
    return ipywidgets.FloatSlider(min=knob.low, max=knob.high, step=step, **common)


def _html(answer: Answer | None, problem: str | None) -> str:
    """Return the answer as HTML, in the class that JupyterLab colours for both of its themes."""
    if answer is None:
        text = f'<p role="alert"><strong>Not possible:</strong> {escape(show.printable(problem))}</p>'
    else:
        verdict = f'<p role="status"><strong>{escape(answer.verdict.text)}</strong></p>'
        text = f"{verdict}\n{_image(picture(answer))}\n{odds(answer).data['text/html']}"
    return f'<div class="jp-RenderedHTMLCommon">{text}</div>'


def _image(drawn: show.Output) -> str:
    """Return a figure as one <img> with its alt text, on white whatever the theme."""
    (kind, known), *_ = drawn.metadata.items()
    image = drawn.data[kind]
    encoded = image if kind == "image/png" else b64encode(image.encode()).decode("ascii")
    style = "width: 100%; background: white"
    return f'<img alt="{escape(known["alt"])}" style="{style}" src="data:{kind};base64,{encoded}">'


def what_if(study: Study, *, n_worlds: int, seed: int, live: bool | None = None) -> Panel:
    """Return the panel for the last line of a cell: sliders for a person, a still picture for a report.

    live: whether to show the sliders; None asks whether a person's front end sent the running cell.

    Raises: InputError where the brief itself cannot be simulated.
    """
    return Panel(study, n_worlds=n_worlds, seed=seed, live=live)
