"""docs/ -> HTML: Markdown, the notebooks as they are stored, and what is derived from the code.

Derived are the Python reference, the command line, the schema of metrics.json, the assumptions and the terms.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata

import pandas as pd
import typer
from sphinx.application import Sphinx

from nanospread import cli
from nanospread.core import paths
from nanospread.pages import labels
from nanospread.report import records

project = "nanospread"
author = "the nanospread authors"
release = metadata.version("nanospread")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["**/.ipynb_checkpoints"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
nb_execution_mode = "off"  # pages show what CI compared, not what this machine would compute
suppress_warnings = ["mystnb.unknown_mime_type"]  # the numbers behind a figure travel in a type of ours
myst_heading_anchors = 3

autodoc_typehints = "description"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "alabaster"
html_theme_options = {
    "description": "One macro influencer or many nano influencers, with honest odds.",
    "show_powered_by": False,
}
html_static_path: list[str] = []
html_show_sourcelink = False


def commands() -> str:
    """Return each command with its usage, its help, which is Markdown, and its options."""
    group = typer.main.get_command(cli.app)
    return "\n".join(part for name in group.commands for part in _command(name, group.commands[name]))


def _command(name: str, command: typer.core.TyperCommand) -> Iterator[str]:
    if isinstance(command, typer.core.TyperGroup):
        for each, inner in command.commands.items():
            yield from _command(f"{name} {each}", inner)
        return
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join(["nanospread", name, *command.collect_usage_pieces(context)])
    yield f"## {name}\n\n```text\n{usage}\n```\n\n{command.help}\n"
    records = (each.get_help_record(context) for each in command.params)
    rows = [(f"`{option}`", meaning) for option, meaning in filter(None, records)]
    yield _table(["option", "meaning"], rows) if rows else ""


def schema() -> str:
    """Return the JSON Schema of a report's metrics.json."""
    whole = records.ReportRecord.model_json_schema()
    whole["properties"] = {"schema": {"const": records.SCHEMA}} | whole["properties"]
    whole["required"] = ["schema", *whole["required"]]
    return f"```json\n{json.dumps(whole, indent=1)}\n```"


def assumptions() -> str:
    """Return every row of data/assumptions.csv."""
    rows = pd.read_csv(paths.DATA / "assumptions.csv", dtype=str, keep_default_na=False)
    return _table(rows.columns, rows.itertuples(index=False))


def terms() -> str:
    """Return each name that a reader meets and that has an explanation, from data/labels.csv."""
    rows = sorted(
        {(row.label, row.explanation, row.unit) for row in labels.labels().values() if row.explanation}
    )
    return _table(["term", "what it is", "unit"], rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [[*head], ["---"] * len([*head]), *([*row] for row in rows)]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*").replace("\n", " ")


DERIVED: dict[str, Callable[[], str]] = {
    "command_line": commands,
    "metrics": schema,
    "assumptions": assumptions,
    "terms": terms,
}


def setup(app: Sphinx) -> None:
    """Put what is derived under the words of its page."""

    def derived(_: Sphinx, page: str, source: list[str]) -> None:
        if page in DERIVED:
            source[0] += "\n" + DERIVED[page]()

    app.connect("source-read", derived)
