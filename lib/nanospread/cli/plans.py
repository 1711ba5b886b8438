"""The plan command: data and brief -> the next batch, its rule, whom to write to; the rule in the brief."""

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from rich.console import Console

from nanospread import study as studies
from nanospread.campaign import brief as briefs
from nanospread.campaign.running import Running
from nanospread.campaign.staged import StagedPlan
from nanospread.cli.stored import table
from nanospread.core import files, formatting, typed
from nanospread.core.errors import InputError
from nanospread.core.formatting import counted
from nanospread.pages import labels, next_batch, show
from nanospread.study import Study

FILE = "plan.csv"
COLUMNS = ["place", "creator", "niche", "followers", "offer", "posts", "batch", "reason"]
MARK = b"place,creator,niche,followers,offer"  # in the head of each plan.csv
BLOCK = re.compile(r"batches\s*:(.*)")
FIELD = "rule: # written by `nanospread plan --write`: leave it as it is while the campaign runs"


def plan(
    brief: str,
    data: str,
    week: str,
    seed: int,
    out: Path,
    write: Path | None,
    campaign: str,
    *,
    force: bool,
) -> None:
    """Print the plan, the state of a running campaign first; write whom to write to, and the rule if asked.

    campaign: "" is the brief's name.

    Raises InputError for files that are there, and as `with_rule`.
    """
    file, source = out / FILE, briefs.path(brief)
    files.check_output(file, "--out", [MARK], force=force)
    if write and write.is_dir():
        raise InputError(f"--write {write} is a folder: name a file in it")
    if write and write.exists() and not force:
        raise InputError(f"--write {write} is there: name another file, or add --force")
    study = studies.open(data, brief="" if brief == "sample" else brief, week=week or None)
    staged, state = study.staged(seed=seed, week=week), study.running()
    text = with_rule(source.read_text(encoding="utf-8"), _rule(study, staged, campaign)) if write else ""
    for line in sentences(study, staged, state):
        print(show.printable(line))
    for title, rows in tables(study, staged, state).items():
        Console().print(table(rows, title))
    contacted = next_batch.written_to(study.tables.outreach, state)
    names = next_batch.to_write_to(staged, state, contacted)
    if names.empty:
        print("Nobody to write to now, so no plan.csv is written.")
    else:
        files.write_output(file, formatting.csv_text(COLUMNS, names[COLUMNS].to_numpy(dtype=object).tolist()))
        print(show.printable(f"{file} ({counted(len(names), 'creator')})"))
    if write:
        files.write_output(write, text)
        print(show.printable(f"{write} (the brief with its rule)"))


def sentences(study: Study, plan: StagedPlan, state: Running | None) -> list[str]:
    """Return the sentences of a plan, the answer first; of a running campaign, its own rule's."""
    currency = study.brief.currency
    if state is not None and next_batch.in_force(state):
        return [study.brief.title, next_batch.running(state).text, *state.notes]
    findings = (
        next_batch.next_batch(plan, currency),
        next_batch.rule(next_batch.looks(plan, study.brief), currency),
        next_batch.errs(plan),
        next_batch.worth(plan, study.brief),
        next_batch.against_macro(plan, study.brief),
    )
    texts = [each.text for each in findings if each.text]
    return [study.brief.title, *texts, *next_batch.unsaid(plan, *texts)]


def tables(study: Study, plan: StagedPlan, state: Running | None) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan in words, by title; none where no batch is sent."""
    if state is not None and next_batch.in_force(state):
        rows = next_batch.batch_states(state)
        return {"The running campaign": _in_words(rows)} if len(rows) else {}
    if not next_batch.in_batches(plan):
        return {}
    looks = next_batch.looks_shown(plan.looks, study.brief.currency)
    return {"Batches": _in_words(next_batch.batches_shown(plan)), "What the orders so far decide": looks}


def _in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its cells as the labels table writes them."""
    cells = {str(name): [_cell(value, labels.writer(name)) for value in rows[name]] for name in rows.columns}
    return pd.DataFrame(cells)


def _cell(value: Any, writer: Any) -> str:
    if pd.isna(value):
        return show.MISSING
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return str(writer(value)) if writer else str(value)


def _rule(study: Study, plan: StagedPlan, campaign: str) -> dict[str, Any]:
    """Return the rule to write.

    Raises InputError where there is none, or one is in force and results of its campaign are in.
    """
    standing = study.brief.batches.rule
    if standing and (study.tables.results["campaign"] == standing.campaign).any():
        raise InputError(
            f"batches.rule of {standing.campaign!r} is in force and its results are in: a rule applied after "
            "data were looked at promises nothing. Leave it, or plan a new campaign in another brief"
        )
    if not next_batch.in_batches(plan):
        raise InputError("--write needs a plan in batches; this one sends none, so there is no rule to write")
    default = standing.campaign if standing else plan.rule["campaign"]
    return {**plan.rule, "campaign": campaign or default}


def with_rule(text: str, rule: Mapping[str, Any]) -> str:
    """Return a brief's text with the rule under `batches`, in place of one that is there; all else stays.

    Raises InputError where `batches` is written in a way that cannot be changed line by line.
    """
    lines, before = text.rstrip("\n").split("\n"), typed.from_yaml(text)
    start = next((number for number, line in enumerate(lines) if BLOCK.match(line)), len(lines))
    expected = dict(before) if isinstance(before, dict) else {}
    expected["batches"] = {**(expected.get("batches") or {}), "rule": dict(rule)}
    with contextlib.suppress(InputError):
        new = _replaced(lines, start, rule) if start < len(lines) else ["", "batches:", *_block(rule, 2)]
        made = "\n".join([*lines[:start], *new]) + "\n"
        if typed.from_yaml(made) == expected:
            return made
    raise InputError("--write cannot change `batches` as the brief writes it: give each of its fields a line")


def _replaced(lines: list[str], start: int, rule: Mapping[str, Any]) -> list[str]:
    """Return the block `batches` with the rule as its last field, and the lines after it."""
    end = next((n for n in range(start + 1, len(lines)) if re.match(r"[^\s#]", lines[n])), len(lines))
    while re.match(r"\s*(#|$)", lines[end - 1]):  # comments and blank lines above the next field
        end -= 1
    body = lines[start + 1 : end]
    inline = typed.from_yaml(lines[start]) if lines[start].split("#")[0].strip() != "batches:" else None
    if isinstance(inline, dict) and isinstance(inline.get("batches"), dict):
        body = [f"  {line}" for line in yaml.safe_dump(inline["batches"], sort_keys=False).splitlines()]
    indent = next((len(line) - len(line.lstrip()) for line in body if line.strip(" ").strip("#")), 2) or 2
    return ["batches:", *_without_rule(body, indent), *_block(rule, indent), *lines[end:]]


def _without_rule(body: list[str], indent: int) -> list[str]:
    """Return the lines of a block without those of its rule."""
    kept, inside = [], False
    for line in body:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            inside = line.lstrip().startswith("rule:")
        kept += [] if inside else [line]
    return kept


def _block(rule: Mapping[str, Any], indent: int) -> list[str]:
    """Return the lines of the rule, indented, one for each look."""
    plain = {name: value for name, value in rule.items() if name != "looks"}
    fields = [
        # always in quotes: what PyYAML takes for text, such as 0E0, may be a number to us
        f"{name}: {json.dumps(value, ensure_ascii=False) if isinstance(value, str) else value}"
        for name, value in plain.items()
    ]
    looks = [
        yaml.safe_dump(dict(look), sort_keys=False, default_flow_style=True, width=1_000).strip()
        for look in rule["looks"]
    ]
    lines = [FIELD, *(f"  {line}" for line in fields), "  looks:", *(f"    - {look}" for look in looks)]
    return [" " * indent + line for line in lines]
