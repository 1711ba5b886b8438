"""A mapping.yaml in, what it says about each file out; no name stands in it twice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nanospread.core import errors

LARGEST = 1_000_000  # bytes


def mapping(path: Path | str) -> Mapping[str, Any]:
    """Return {file: {table, columns}} as a mapping file has it; `folder` checks the entries.

    Raises InputError: no such file, no UTF-8, no YAML, a name given twice, something else than a mapping.
    """
    try:
        if (size := Path(path).stat().st_size) > LARGEST:
            raise errors.InputError(f"mapping '{path}' has {size:,} bytes; at most {LARGEST:,} are read")
        # Strict is a SafeLoader: it builds plain values only.
        said = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_Strict) or {}
    except OSError as error:
        raise errors.InputError(f"mapping '{path}' cannot be read: {error.strerror}") from None
    except errors.InputError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise errors.InputError(f"{path} is no valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(said, dict):
        raise errors.InputError(f"{path} must map file names to {{table, columns}}, not hold {said!r}")
    return {str(name): entry for name, entry in said.items()}


class _Strict(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: a few lines of them can stand for more text than fits into memory."""
        if self.check_event(yaml.AliasEvent):
            where = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=where)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a name given twice: YAML itself would let the last one win in silence."""
        names = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        seen: set[str] = set()
        for key in names:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value!r} is given twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)
