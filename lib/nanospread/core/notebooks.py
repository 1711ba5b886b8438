"""A notebook -> the same notebook as it is stored, whoever ran it: JupyterLab, `make notebooks`, papermill.

Run All and a save leave a stored notebook as it is. JupyterLab adds two things that a file must not keep:
the version of this machine's Python, and views of widgets, which end with their kernel: reopened, it says
"model not found" in place of the picture. As an extension of the Jupyter server (`resources/jupyter`) this
module takes both out before each save; the sliders on the screen stay.
"""

from collections.abc import Mapping
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
OURS = "text/vnd.nanospread."  # media types of the numbers beside our tables and figures


def stored(book: Mapping[str, Any]) -> dict[str, Any]:
    """Return a notebook without its Python's version, and without the widget views beside our pictures.

    A notebook that shows nothing of nanospread is returned as it is.
    """
    if not any(_is_ours(output) for cell in book["cells"] for output in cell.get("outputs", [])):
        return dict(book)
    metadata = dict(book["metadata"])
    if "language_info" in metadata:
        language = metadata["language_info"]
        metadata["language_info"] = {key: language[key] for key in language if key != "version"}
    return {**book, "metadata": metadata, "cells": [_without_views(cell) for cell in book["cells"]]}


def _is_ours(output: Mapping[str, Any]) -> bool:
    return any(kind.startswith(OURS) for kind in output.get("data", {}))


def _without_views(cell: Mapping[str, Any]) -> dict[str, Any]:
    if "outputs" not in cell:
        return dict(cell)
    outputs = [dict(output) for output in cell["outputs"]]
    for output in filter(_is_ours, outputs):
        output["data"] = {kind: data for kind, data in output["data"].items() if kind != VIEW}
    return {**cell, "outputs": outputs}


def before_save(model: dict[str, Any], **_: Any) -> None:
    """Put the stored form of a notebook in place of what JupyterLab sent: a pre-save hook of Jupyter."""
    if model["type"] == "notebook" and model.get("content", {}).get("nbformat") == 4:
        model["content"] = stored(model["content"])


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nanospread.core.notebooks"}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.contents_manager.register_pre_save_hook(before_save)
