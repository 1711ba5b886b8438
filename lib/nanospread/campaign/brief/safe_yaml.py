"""YAML text -> plain fields: no tags, no aliases, no field twice, names that are text."""

import yaml

from nanospread.campaign.brief.fields import YAML_TRAP
from nanospread.core import errors


def fields(text: str) -> dict[str, object]:
    """Return the fields of a YAML mapping. Raises: InputError with the line that cannot be read."""
    try:
        content = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise errors.InputError(f"{where}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise errors.InputError(f"not readable as YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(content, dict):
        raise errors.InputError("a brief is a list of `field: value` lines")
    return content


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
            raise yaml.MarkedYAMLError(
                problem="tags and aliases are not allowed", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            problem = f"the name {key.value!r} is not text{YAML_TRAP}" if not key.tag.endswith(":str") else ""
            problem = f"{key.value} is given twice" if key.value in seen else problem
            if problem:
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
