"""Study -> sliders that redraw odds and distributions, and the static picture a report keeps.

`answer` is the whole of it as a function: settings in, odds out, by the same steps as the notebook. The
widgets only carry settings to it. They are made only where somebody can move them: the ids of widgets are
random, and an executed notebook must be the same every time.
"""

from nanospread.pages.panel.answered import Answer, answer, odds, picture
from nanospread.pages.panel.choices import Knob, Setting, knobs, settings
from nanospread.pages.panel.live import Panel
from nanospread.study import Study

__all__ = ["Answer", "Knob", "Panel", "Setting", "answer", "knobs", "odds", "picture", "settings", "what_if"]


def what_if(study: Study, *, n_worlds: int, seed: int, live: bool | None = None) -> Panel:
    """Return the panel for the last line of a cell: sliders for a person, a still picture for a report.

    live: whether to show the sliders; None asks whether a person's front end sent the running cell.

    Raises: InputError where the brief itself cannot be simulated.
    """
    return Panel(study, n_worlds=n_worlds, seed=seed, live=live)
