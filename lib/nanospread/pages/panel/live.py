"""Answers -> what a cell shows: sliders for a person, the same picture every time for a report."""

import math
from base64 import b64encode
from collections.abc import Mapping
from functools import cached_property
from html import escape
from typing import Any

import ipywidgets  # type: ignore[import-untyped]
from ipykernel.kernelbase import Kernel

from nanospread.campaign.brief import Brief
from nanospread.core import errors
from nanospread.core.formatting import listed
from nanospread.core.notebooks import VIEW
from nanospread.pages import show
from nanospread.pages.panel import choices
from nanospread.pages.panel.answered import Answer, answer, odds, picture
from nanospread.pages.panel.choices import Knob
from nanospread.study import Study

STEPS = 20  # a slider has at least so many
LABEL = {"description_width": "16em"}
WIDTH = {"width": "min(100%, 42em)"}  # narrower where the window is


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
        made |= {knob.name: _slider(knob) for knob in choices.knobs(self._brief)}
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
        for name, value in choices.settings(self._brief).items():
            self.controls[name].value = value
        self._held = False
        self._moved()

    def still(self) -> show.Output:
        """Return what a report keeps: the picture of the brief itself, and what a person could move."""
        drawn = picture(self._own)
        names = choices.named(self._brief)
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
    for knob in choices.knobs(brief):
        matters = controls["offer"].value in knob.offers
        controls[knob.name].layout.display = None if matters else "none"


def _buttons(brief: Brief) -> Any:
    offers = choices.offers(brief)
    return ipywidgets.ToggleButtons(
        options=offers,
        value=brief.nano.offer,
        description="Offer to nano creators",
        tooltips=[f"Nano creators are offered: {offer}" for offer in offers],
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
