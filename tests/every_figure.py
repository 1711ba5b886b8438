"""Every figure by its name; a call gives its Axes, whose artists are asked for their numbers."""

import inspect
from importlib import import_module
from pkgutil import walk_packages
from weakref import WeakKeyDictionary

from nanospread import pages
from nanospread.pages._style import Chart

TOPICS = [module.name for module in walk_packages(pages.__path__, "nanospread.pages.")]


def drawers():
    """Return the functions that draw, by name: those of a topic that return a Chart."""
    own = [(topic, vars(import_module(topic)).values()) for topic in TOPICS if "._" not in topic]
    return {
        each.__name__: each
        for topic, values in own
        for each in values
        if inspect.isfunction(each)
        and each.__module__ == topic
        and each.__annotations__.get("return") is Chart
    }


class Figures:
    """The figures as attributes."""

    def __init__(self):
        self.every = drawers()
        self.charts = WeakKeyDictionary()

    def __getattr__(self, name):
        def drawn(*data, **words):
            chart = self.every[name](*data, **words)
            self.charts[chart.ax] = chart
            return chart.ax

        return drawn

    def numbers(self, ax):
        """Return the numbers behind the picture that was drawn on these Axes."""
        return self.charts[ax].numbers


figures = Figures()
