"""An export in, the reader that its content asks for out: one small file for each format.

A reader is a module of this folder with NAME (as --format takes it), WHAT (a line for data/README.md),
recognised(export) and sheets(export). FALLBACK, where it is true, lets every other reader go first; SIDECARS
says that the format writes a file for each record, which belong together.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Protocol, cast

from nanospread.core import errors
from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet


class Reader(Protocol):
    """What a module of this folder has."""

    NAME: str
    WHAT: str

    def recognised(self, export: Export) -> bool:
        """Return if an export is of this format, told from its content."""

    def sheets(self, export: Export) -> Iterator[Sheet]:
        """Yield what an export holds."""


def readers() -> dict[str, Reader]:
    """Return every reader by its name, those that a file falls back to last."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    ordered = sorted(modules, key=lambda module: (getattr(module, "FALLBACK", False), module.NAME))
    return {module.NAME: cast(Reader, module) for module in ordered}


def reader(export: Export, name: str | None = None) -> Reader:
    """Return the reader of an export: the one named, else the one that recognises it.

    Raises InputError: no reader has this name, the export is not of this format, or it may be of two.
    """
    known = readers()
    if name is not None and name not in known:
        raise errors.unknown("format", name, known)
    if name is not None:
        if not known[name].recognised(export):
            raise errors.InputError(f"{export.name}: no {name} export ({known[name].WHAT})")
        return known[name]
    fitting = [each for each in known.values() if each.recognised(export)]
    own = [each for each in fitting if not getattr(each, "FALLBACK", False)]
    if len(own) > 1:
        names = " or ".join(each.NAME for each in own)
        raise errors.InputError(f"{export.name}: may be {names}; say which with --format")
    return (own or fitting)[0]
