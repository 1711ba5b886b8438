"""An unknown name is answered with the nearest right one, and with all of them only where they are few."""

from nanospread.core import errors


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
