"""Numbers -> what a notebook cell shows: sentences, checked rows, figures, tables, the what-if panel.

- findings: numbers -> sentences
- headlines: numbers -> the checked rows that a notebook ends on and metrics.json carries
- figures: numbers -> Axes
- show: tables, Axes and sentences -> what a notebook cell shows and stores
- panel: model + brief -> sliders that redraw odds and distributions, and the static picture a report keeps
"""
