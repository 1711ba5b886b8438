"""The block `batches` of a brief: what it holds, and one clear line for what it cannot."""

import pytest

from nanospread.campaign import brief as briefs
from nanospread.core.errors import InputError

RULE = "rule: {campaign: autumn, planned: 2026-11-29, terms: abcdefgh, looks: [%s]}"
LAST = "{posts: 40, go_on: 60, stop: 60}"


def read(tmp_path, block):
    text = briefs.path("sample").read_text(encoding="utf-8")
    file = tmp_path / "mine.yaml"
    file.write_text(f"{text}\nbatches:\n  {block}\n", encoding="utf-8")
    return briefs.read(file)


def test_a_brief_without_it_has_three_batches_and_no_rule():
    batches = briefs.read("sample").batches
    assert (batches.most, batches.days, batches.capacity, batches.longest, batches.rule) == (
        *(3, 14, None, None, None),
    )


def test_a_rule_is_read_as_it_is_written(tmp_path):
    looks = "{posts: 20, go_on: 41, stop: 23, otherwise: macro}, " + LAST
    rule = read(tmp_path, RULE % looks).batches.rule
    assert (rule.campaign, rule.planned, rule.terms) == ("autumn", "2026-11-29", "abcdefgh")
    assert [(look.posts, look.go_on, look.stop, look.otherwise, look.clicks) for look in rule.looks] == [
        (20, 41, 23, "macro", None),
        (40, 60, 60, "stop", None),
    ]


def test_its_fields_are_parameters_and_a_rule_stays():
    brief = briefs.changed(briefs.read("sample"), batches_most=2, batches_days=7, batches_capacity=90)
    assert (brief.batches.most, brief.batches.days, brief.batches.capacity) == (2, 7, 90)
    assert briefs.changed(brief, budget=6_000).batches == brief.batches


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("", "batches must hold fields, such as most: ...; leave it out to have none; got None"),
        (RULE % "[8, 30]", "batches.rule.looks.0 must hold fields, such as go_on: ...;"),
        ("most: 6", "batches.most must be from 1 to 5; got 6"),
        ("days: 0", "batches.days must be from 1 to 90; got 0"),
        ("capacity: 0", "batches.capacity must be from 1 to 20,000; got 0"),
        ("dayz: 9", "unknown field of batches 'dayz'; did you mean 'days'?"),
        (RULE % "", "batches.rule looks must be 1 to 4; got 0"),
        (RULE % f"{LAST}, {LAST}", "looks must rise in posts; got 40 before 40"),
        (RULE % "{posts: 20, go_on: 41, stop: 23}", "the last look must have stop equal to go_on"),
        (RULE % "{posts: 20, go_on: 4, stop: 4, clicks: {go_on: 9, stop: 3}}", "got 3 and 9"),
        (RULE % "{posts: 20, go_on: 4, stop: 23}", "stop must be at most go_on; got stop 23 and go_on 4"),
        (RULE % "{posts: 20, go_on: 4, stop: 4, otherwise: makro}", "otherwise must be 'stop' or 'macro'"),
        (
            RULE % "{posts: 20, goon: 4, stop: 4}",
            "did you mean 'go_on'? Known: go_on, stop, otherwise, posts, clicks",
        ),
        (RULE.replace("autumn", "''") % LAST, "batches.rule.campaign must have at least 1 character"),
        (RULE.replace("11-29", "13-29") % LAST, "planned must be a day such as 2026-11-29; got '2026-13-29'"),
    ],
)
def test_what_cannot_be_is_one_line_that_names_it(tmp_path, block, line):
    with pytest.raises(InputError) as caught:
        read(tmp_path, block)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
