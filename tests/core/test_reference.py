"""Rows of a hand-edited table come with their line; what cannot be read is refused with its place."""

import pytest

from nanospread.core import reference
from nanospread.core.errors import InputError


def test_rows_come_with_the_line_they_end_on_and_blank_lines_are_passed_over(tmp_path):
    file = tmp_path / "table.csv"
    file.write_bytes('\ufeffname,note\na, b \n\n"c","two\nlines"\n'.encode())
    assert list(reference.rows(file, ("name", "note"))) == [
        (2, {"name": "a", "note": "b"}),
        (5, {"name": "c", "note": "two\nlines"}),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name\n", "table.csv line 1: the columns must be name, note"),
        (b"", "line 1: the columns must be"),
        (b"name,note\na,b,c\n", "line 2: 3 cells for 2 columns"),
        (b"name,note\n\xff,b\n", "not UTF-8 text at byte 10"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place(tmp_path, content, message):
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(reference.rows(file, ("name", "note")))
