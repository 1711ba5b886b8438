"""An unknown name is answered with the nearest right one, and with all of them only where they are few."""

from nanospread.core import errors


def test_however_long_input_is_a_line_stays_readable_and_ends_with_what_to_do():
    line = str(errors.InputError(f"value {'x' * 20_000}: give a number"))
    assert len(line) <= errors.LONGEST[0] + 3
    assert (line[:7], line[-15:]) == ("value x", ": give a number")
    assert str(errors.InputError("x" * errors.LONGEST[0])) == "x" * errors.LONGEST[0]
    unknown = str(errors.unknown("table", "y" * 9_000, ["posts"]))
    assert unknown == f"unknown table '{'y' * errors.CLIPPED}\N{HORIZONTAL ELLIPSIS}'. Known: posts"


def test_few_names_are_all_listed():
    error = errors.unknown("offer", "gfit", ["gift", "fee"], "elsewhere")
    assert str(error) == "unknown offer 'gfit'; did you mean 'gift'? Known: gift, fee"


def test_of_many_names_the_nearest_are_shown_and_where_all_stand():
    names = ["budget", *(f"creator_{number}" for number in range(errors.MOST))]
    error = errors.unknown("parameter", "budgte", names, "the brief lists all")
    shown = str(error).partition("Nearest of 61: ")[2]
    assert "did you mean 'budget'?" in str(error)
    assert shown.startswith("budget, ")
    assert shown.endswith("; the brief lists all")
    assert len(shown.split(", ")) == errors.NEAREST
