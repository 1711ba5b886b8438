"""A short description of an object, as text for a console and as HTML for a notebook."""

from collections.abc import Sequence
from html import escape

Rows = Sequence[tuple[str, object]]
WIDEST = 88  # characters of a value: names of creators, niches and files are others' text, of any length


class Described:
    """An object that shows itself as a title and rows of name and value, whatever it holds."""

    def _described(self) -> tuple[str, Rows]:
        raise NotImplementedError

    def __repr__(self) -> str:
        title, rows = self._described()
        pairs = [(name, _short(value)) for name, value in rows]
        width = max((len(name) for name, _ in pairs), default=0)
        return "\n".join([_short(title), *(f"  {name:<{width}}  {value}" for name, value in pairs)])

    def _repr_html_(self) -> str:
        title, rows = self._described()
        cells = "".join(
            f'<tr><th scope="row" style="text-align: left">{escape(name)}</th>'
            f'<td style="text-align: left">{escape(_short(value))}</td></tr>'
            for name, value in rows
        )
        return f"<table><caption>{escape(_short(title))}</caption><tbody>{cells}</tbody></table>"


def _short(value: object) -> str:
    """Return a value as one line that nothing in it can break or stretch."""
    text = "".join(sign if sign.isprintable() else " " for sign in str(value))
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
