"""What drafts of a mapping leave open -> questions in the terminal, and a mapping.yaml with the answers."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from nanospread.core.errors import InputError
from nanospread.core.files import write_atomically
from nanospread.ingest import files, headers, mappings, suggestions
from nanospread.ingest.mappings import quoted
from nanospread.ingest.suggestions import Choice, Draft, Question
from nanospread.pages.show import printable

LEAVE_OUT = "x"
Ask = Callable[[str], str]


def asked(paths: Sequence[Path], mapping: Path | None) -> None:
    """Ask about the files that fit no table, and write the answers into their mapping.

    mapping: the file to write; None is the mapping.yaml beside the exports. What is there stays.

    Raises InputError: no terminal, exports of several folders, or a rule that is there and does not fit.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("--interactive asks in a terminal; in a pipe take --suggest-mapping")
    target = mapping or _beside(paths)
    entries = mappings.read(target) if target.exists() else {}
    drafts = suggestions.drafts(files.files_of(paths, entries))
    if not drafts:
        print("Every file fits a table: there is nothing to ask.")
        return
    text = "".join(answered(draft, entries, _ask) for draft in drafts)
    before = target.read_text(encoding="utf-8").rstrip("\n") + "\n" if entries else ""
    write_atomically(target, before + text)
    print(printable(f"Mapping: {target}\n"))


def _beside(paths: Sequence[Path]) -> Path:
    """Return the mapping of the one folder that paths are in. Raises InputError: several."""
    folders = {path if path.is_dir() else path.parent for path in paths}
    if len(folders) > 1:
        raise InputError("--interactive writes one mapping.yaml: name files of one folder, or --mapping FILE")
    return folders.pop() / mappings.MAPPING


def _ask(text: str) -> str:
    return str(typer.prompt(text, prompt_suffix=" "))


def answered(draft: Draft, entries: Mapping[str, Any], ask: Ask) -> str:
    """Return the entry of a draft with the answers to its questions.

    Raises InputError: a rule of this name is there already.
    """
    if draft.name in entries:
        raise InputError(
            f"{mappings.MAPPING} has an entry {draft.name!r} already, which does not fit: mend it"
        )
    known = ", ".join(f"{column} is {choice.text}" for column, choice in draft.columns.items())
    print(printable(f"\n{draft.name} looks like {draft.table}: {known or 'no column is sure'}."))
    columns = dict(draft.columns)
    for question in draft.questions:
        if question.column not in re.findall(r"\w+", " ".join(headers.lacking(draft.table, columns))):
            continue  # another answer made it needless
        choice = _answer(question, draft, columns, ask)
        if choice is None:
            return f"{quoted(draft.name)}: {{ignore: true}}\n"
        columns[question.column] = choice
    return replace(draft, columns=columns, questions=(), notes=()).text()


def _answer(question: Question, draft: Draft, columns: Mapping[str, Choice], ask: Ask) -> Choice | None:
    """Return what one question is answered with, None where the file is to be left out."""
    taken = {choice.text for choice in columns.values()}
    choices = [choice for choice in question.choices if choice.text not in taken]
    print(printable(f"What is {question.column}?"))
    for number, choice in enumerate(choices, 1):
        print(printable(f"  {number}  {choice.text}  {choice.why}"))
    print(f"  {LEAVE_OUT}  leave this file out")
    other = "the account's name" if question.column == "creator" else "another header"
    while True:
        answer = ask(f"A number, {other}, or {LEAVE_OUT}:").strip()
        if answer == LEAVE_OUT:
            return None
        if chosen := _chosen(answer, question, draft.header, choices, ask):
            return chosen
        print(printable(f"{answer!r} is none of these; the headers are {', '.join(draft.header)[:500]}"))


def _chosen(
    answer: str, question: Question, header: Sequence[str], choices: Sequence[Choice], ask: Ask
) -> Choice | None:
    """Return the choice that an answer means: a number, a header, for creator a name; None: it means none."""
    if answer.isdecimal() and 1 <= int(answer) <= len(choices):
        choice = choices[int(answer) - 1]
        if question.column == "creator" and choice.text == suggestions.UNKNOWN:
            return _named(ask("Whose posts are they?").strip())
        return choice
    places = [at for at, name in enumerate(header) if headers.plain(name) == headers.plain(answer)]
    if len(places) == 1 and not headers.contact(header[places[0]]):
        return Choice(quoted(header[places[0]]), "as answered")
    return _named(answer) if question.column == "creator" and not places and not answer.isdecimal() else None


def _named(name: str) -> Choice | None:
    return Choice(f"{{value: {quoted(name)}}}", "as answered") if name else None
