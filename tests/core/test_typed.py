"""Proves that what people type has one meaning, or is refused with each that it may have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanospread.core import typed
from nanospread.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-5", -5),
        ("+5", 5),
        ("4.8", 4.8),
        ("4.80", 4.8),
        ("4.8000", 4.8),
        ("0.125", 0.125),
        (".5", 0.5),
        ("1e9", 1e9),
        ("5E-3", 0.005),
        ("1000.000", 1000.0),
    ],
)
def test_a_number_is_written_as_in_json(text, number):
    assert typed.number(text) == number
    assert type(typed.number(text)) is type(number)
    assert typed.from_yaml(f"a: {text}") == {"a": number}


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("05000", "5000 or 2560: write 5000 or 2560"),
        ("09", "9: write 9"),
        ("10:00", "10 or 600: write 10 or 600"),
        ("1:30:00", "1 or 5400"),
        ("4,800", "4.8 or 4800"),
        ("4,80", "4.8: write 4.8"),
        ("-0,5", "-0.5: write -0.5"),
        ("4.800,00", "4800: write 4800"),
        ("4,800.50", "4800.5: write 4800.5"),
        ("4'800", "4800: write 4800"),
        ("4’800", "4800: write 4800"),
        ("4 800", "4800: write 4800"),
        ("4\u202f800", "4800: write 4800"),
        ("1.234.567", "1234567: write 1234567"),
        ("1,234.567", "1234.567: write 1234.567"),
        ("5_000", "5000: write 5000"),
        ("0x1388", "5000: write 5000"),
        ("0o11610", "5000: write 5000"),
        ("0b101", "5: write 5"),
        ("５０００", "5000: write 5000"),
        ("４.８００", "4.8 or 4800"),
        ("50%", "0.5: write 0.5"),
    ],
)
def test_what_only_looks_like_a_number_stays_text_and_its_meanings_are_told(text, meanings):
    assert typed.number(text) is None
    assert typed.from_yaml(f"a: {text}") == {"a": text}
    assert typed.meanings(text).startswith(f"may mean {meanings}")


@pytest.mark.parametrize(
    "text",
    ["", "yes", "true", "inf", "-inf", "nan", ".inf", "1e", "--5", "5k", "EUR 5", "1" * 41, "2026-11-22"],
)
def test_words_infinities_and_dates_are_no_numbers_and_mean_none(text):
    assert typed.number(text) is None
    assert typed.meanings(text) == ""


@pytest.mark.parametrize(("text", "ways"), [("4.800", "4.8 or 4800"), ("4.825", "4.8250 or 4825")])
def test_three_decimals_are_refused_where_both_meanings_can_be(text, ways):
    number = typed.number(text)
    assert isinstance(number, typed.AmbiguousNumber)
    with pytest.raises(ValueError, match=f"write {ways}"):
        number.sure(0.01, 1e9)
    assert type(number.sure(0, 1000)) is float  # 4,800 cannot be


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_python_writes_is_read_back_or_doubted(value):
    assert typed.number(repr(value)) == value


@pytest.mark.parametrize("text", ["1e400", "1E400", "-1e+400", "1" * 30 + "e999"])
def test_what_no_float_holds_is_not_offered_as_a_way_to_write_it(text):
    assert typed.meanings(text) == ""


@given(st.text(alphabet="0123456789.,'_ :eExob+-%", max_size=12))
def test_whatever_is_typed_each_way_to_write_it_has_that_meaning_alone(text):
    if ways := typed.meanings(text).partition("write ")[2]:
        for way in ways.split(" or "):
            number = typed.number(way)
            assert number is not None
            assert not isinstance(number, typed.AmbiguousNumber)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2", "line 2: a is given twice"),
        ("5: x", "line 1: the name '5' is not text"),
        ("a: &x 1\nb: *x", "line 2: tags and aliases"),
        ("a: !!int 5", "line 1: tags and aliases"),
    ],
)
def test_yaml_with_two_meanings_is_refused_by_its_line(text, line):
    with pytest.raises(InputError, match=line):
        typed.from_yaml(text)


def test_norway_dates_and_headers_stay_as_they_are_written():
    assert typed.from_yaml("a: [no, on, 2026-11-22, ~, true]") == {
        "a": ["no", "on", "2026-11-22", None, True]
    }
    text = "2024: {likes: 007, comments: 1.50, posted_at: true}"
    assert typed.from_yaml(text, names=True) == {
        "2024": {"likes": "007", "comments": "1.50", "posted_at": "true"}
    }
