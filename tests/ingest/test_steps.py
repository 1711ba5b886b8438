"""Proves that trackers as people keep them become the funnel: ticks, emoji, words of six languages."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread import store
from nanospread.core.errors import InputError
from nanospread.ingest import mappings, sources, statuses, steps, tables

FUNNEL = ["creator", "replied", "accepted", "posted"]
YES, NO = True, False


def tracker(folder, text, mapping=None, name="tracker.csv"):
    """Return the tables of one sheet."""
    (folder / name).write_text(text, encoding="utf-8")
    return tables.validated(sources.read([folder / name], mapping), whole=False)


def funnel(result):
    return result.outreach[FUNNEL].to_numpy().tolist()


def told(result, table="outreach"):
    entries = result.ledger[(result.ledger["table"] == table) & (result.ledger["column"] != "creator")]
    return entries[["line", "status", "column", "reason"]].to_numpy().tolist()


TICKS = """Creator,Platform,DM Sent,Response,Confirmed,Post Live,Paid,Est. Cost,Notes
@mia,Instagram,✅,⬜,⬜,⬜,⬜,TBD,
@noa,Instagram,✅,✅,⬜,⬜,⬜,~20K,asks for more
@oli,Instagram,☑️,✅,✔,,⬜,,
@pia,Instagram,⬜,⬜,⬜,✅,✅,"$2,500",
@quo,Instagram,⬜,⬜,⬜,⬜,⬜,,
@rui,Instagram,✅,❌,,,,,
"""


def test_ticks_are_steps_and_a_step_implies_those_before_it(tmp_path):
    result = tracker(tmp_path, TICKS)
    assert funnel(result) == [
        ["mia", NO, NO, NO],
        ["noa", YES, NO, NO],
        ["oli", YES, YES, NO],
        ["pia", YES, YES, YES],
        ["rui", NO, NO, NO],
    ]
    assert told(result) == [[6, "refused", "status", steps.NOT_CONTACTED]]
    assert steps.NOT_CONTACTED in store.HARMLESS
    assert result.outreach["contacted_at"].isna().all()
    assert set(result.outreach["offer"]) == {""}
    assert result.ignored["column"].tolist() == ["Paid", "Est. Cost", "Notes"]


@pytest.mark.parametrize(
    ("word", "steps_taken"),
    [
        ("Identified", None),
        ("to contact", None),
        ("Escolhido", None),
        ("DM sent ✅", (NO, NO, NO)),
        ("GHOSTED", (NO, NO, NO)),
        ("angeschrieben", (NO, NO, NO)),
        ("🟡 Negotiating", (YES, NO, NO)),
        ("En négociation", (YES, NO, NO)),
        ("not_interested", (YES, NO, NO)),
        ("Declined.", (YES, NO, NO)),
        ("Confirmada", (YES, YES, NO)),
        ("Zugesagt", (YES, YES, NO)),
        ("[Posted]", (YES, YES, YES)),
        ("en ligne", (YES, YES, YES)),
    ],
)
def test_a_status_implies_the_steps_before_it_in_several_languages(tmp_path, word, steps_taken):
    result = tracker(tmp_path, f"Influencer,Status\n@mia,{word}\n")
    assert funnel(result) == ([["mia", *steps_taken]] if steps_taken else [])


def test_a_word_of_ones_own_is_asked_and_never_guessed(tmp_path):
    rows = "Creator,Stage\n@mia,Aprovado\n@noa,🟢\n@oli,Enviado\n@pia,\n@quo,Posted\n"
    result = tracker(tmp_path, rows)
    assert funnel(result) == [["quo", YES, YES, YES]]
    assert told(result) == [
        *([line, "refused", "status", steps.UNDECLARED] for line in (2, 3, 4)),
        [5, "refused", "status", steps.NO_STATUS],
    ]


def test_a_mapping_says_what_words_mean_and_one_column_fills_several(tmp_path):
    rows = (
        'Creator,Etapa\n@mia,Aprovado\n@noa,🟢\n@oli,"Agreed, product sent"\n@pia,Escolhido\n@quo,declined\n'
    )
    values = {"Aprovado": [], "🟢": ["accepted", "posted"], "agreed,  product sent": ["accepted"]}
    result = tracker(tmp_path, rows, {"tracker.csv": {"values": {"Etapa": values}}})
    assert funnel(result) == [["noa", YES, YES, YES], ["oli", YES, YES, NO], ["quo", YES, NO, NO]]
    assert result.ledger[result.ledger["status"] == "refused"]["before"].tolist() == ["Aprovado", "Escolhido"]


def test_a_mapping_makes_any_column_the_status_and_changes_other_cells(tmp_path):
    rows = "Who,Where are we,Deal\nmia,Phase A,Trade\nnoa,Phase B,Cash\n"
    mapping = {
        "*.csv": {
            "columns": {"creator": "Who", "offer": "Deal"},
            "values": {
                "Where are we": {"Phase A": ["contacted"], "Phase B": ["replied", "declined"]},
                "Deal": {"Trade": "gift", "cash": "fee"},
            },
        }
    }
    result = tracker(tmp_path, rows, mapping)
    assert funnel(result) == [["mia", NO, NO, NO], ["noa", YES, NO, NO]]
    assert result.outreach["offer"].tolist() == ["gift", "fee"]


WRONG = [
    ({"Stage": {"Sent": ["acepted"]}}, "'acepted'; did you mean 'accepted'"),
    ({"Notes": {"Sent": "x"}}, "values of 'Notes': no column of outreach is read from it"),
    ({"offer": {"Sent": "x"}}, "values of 'offer': no column of outreach is read from it"),
    ({"Stge": {"Sent": ["accepted"]}}, "'Stge'; did you mean 'Stage'"),
    (
        {"Stage": {"Sent": None}},
        "say what 'Sent' means: a list of contacted, replied, declined, accepted, posted",
    ),
    ({"Stage": {"Sent": {"a": 1}}}, "say what 'Sent' means"),
    ({"Stage": {"Sent": ["declined", "posted"]}}, "'Sent' is declined or accepted, not both"),
    ({"Stage": ["Sent"]}, "values must be {header: {cell: [steps] or text}}"),
    ("Stage", "values must be {header: {cell: [steps] or text}}"),
]


@pytest.mark.parametrize(("values", "message"), WRONG)
def test_wrong_names_in_values_are_one_clear_error(tmp_path, values, message):
    with pytest.raises(InputError) as raised:
        tracker(tmp_path, "Creator,Stage,Notes\n@mia,Sent,x\n", {"tracker.csv": {"values": values}})
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_dates_and_addresses_where_a_tick_might_stand_are_steps_with_their_dates(tmp_path):
    rows = (
        "Creator,Contacted,Response,Confirmed,Post Live\n"
        "@mia,2026-10-01,2026-10-04,yes,https://www.instagram.com/p/ABC123/\n"
        "@noa,2026-10-02,no,no,no\n"
    )
    result = tracker(tmp_path, rows)
    assert funnel(result) == [["mia", YES, YES, YES], ["noa", NO, NO, NO]]
    dates = result.outreach[["contacted_at", "replied_at"]].map(lambda when: str(when)[:10])
    assert dates.to_numpy().tolist() == [["2026-10-01", "2026-10-04"], ["2026-10-02", "NaT"]]
    assert not told(result)


@pytest.mark.parametrize("cell", ["2 reminders", "10 days", "3 stories"])
def test_a_number_of_something_is_no_date_and_no_step(tmp_path, cell):
    result = tracker(tmp_path, f"Creator,Contacted,Response,Confirmed,Post Live\n@mia,yes,{cell},no,no\n")
    assert told(result) == [[2, "refused", "replied", "neither yes nor no"]]


@pytest.mark.parametrize("cell", ["3 Nov", "12. Oktober", "4-Nov-2026", "5 listopada 2026", "Nov 3, 2026"])
def test_a_date_in_words_is_a_step(cell):
    assert steps.replied(pd.Series([cell], dtype="str")).values.tolist() == [True]


def test_a_contact_without_a_date_among_dated_ones_is_kept_and_told(tmp_path):
    rows = "Creator,Sent_Date,Status\n@mia,2026-10-01,Replied\n@noa,,Contacted\n"
    result = tracker(tmp_path, rows)
    assert len(result.outreach) == 2
    assert told(result) == [[3, "repaired", "contacted_at", steps.UNDATED]]


def test_checkboxes_that_were_not_kept_up_are_no_contradiction(tmp_path):
    rows = (
        "Creator,Status,DM Sent,Response,Confirmed,Post Live\n"
        "@mia,Contacted,FALSE,FALSE,FALSE,TRUE\n@noa,Posted,TRUE,FALSE,FALSE,FALSE\n@oli,New,FALSE,FALSE,FALSE,FALSE\n"
    )
    result = tracker(tmp_path, rows)
    assert funnel(result) == [["mia", YES, YES, YES], ["noa", YES, YES, YES]]
    assert told(result) == [[4, "refused", "status", steps.NOT_CONTACTED]]


def test_steps_of_their_own_columns_count_where_the_status_is_unknown(tmp_path):
    rows = "Creator,Status,DM Sent,Response,Confirmed,Post Live\n@mia,🟢,✅,✅,⬜,⬜\n"
    result = tracker(tmp_path, rows)
    assert funnel(result) == [["mia", YES, NO, NO]]
    assert told(result) == [[2, "repaired", "status", steps.BESIDE]]


def test_a_log_without_ticks_or_status_is_as_strict_as_ever(tmp_path):
    header = "creator,contacted_at,replied,accepted,posted\n"
    rows = header + "mia,2026-10-01,,yes,yes\nnoa,,no,no,no\noli,2026-10-01,no,yes,no\n"
    result = tracker(tmp_path, rows)
    assert result.outreach.empty
    assert [entry[2:] for entry in told(result)] == [
        ["replied", "empty"],
        ["contacted_at", steps.NO_CONTACT],
        ["accepted", "accepted without a reply"],
    ]


def test_a_list_of_creators_with_a_status_is_both_and_other_words_are_no_status(tmp_path):
    rows = "Handle,Followers,Status\n@mia,2100,Contacted\n@noa,~ 3K,Posted\n"
    result = tracker(tmp_path, rows)
    assert result.creators["followers"].tolist() == [2100, 3000]
    assert funnel(result) == [["mia", NO, NO, NO], ["noa", YES, YES, YES]]
    other = tracker(tmp_path, rows.replace("Contacted", "Active").replace("Posted", "Verified"), name="b.csv")
    assert other.outreach.empty
    assert other.ignored["column"].tolist() == ["Status"]


def test_followers_beside_ticks_fill_creators_too(tmp_path):
    rows = "Influencer,Tier,Followers,DM Sent,Response,Confirmed,Post Live\n@mia,nano,2100,✅,⬜,⬜,⬜\n"
    result = tracker(tmp_path, rows)
    assert result.creators[["creator", "followers"]].to_numpy().tolist() == [["mia", 2100]]
    assert len(result.outreach) == 1


def test_every_declared_word_has_one_meaning_and_every_meaning_is_known():
    rows = pd.read_csv(statuses.paths.DATA / "statuses.csv", dtype=str, keep_default_na=False)
    assert set(rows["meaning"]) == {"yes", "no", "unticked", *statuses.LEVELS}
    meanings = rows.assign(word=rows["word"].map(statuses.plain)).groupby("word")["meaning"].nunique()
    assert meanings.max() == 1


CELLS = st.sampled_from(
    [*statuses.vocabulary(), "🟢", "", "TBD", "2026-10-01", "03/04/2026", "x y"]
) | st.text(max_size=8)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=6))
def test_whatever_stands_in_a_tracker_every_row_is_kept_or_refused_and_the_funnel_narrows(rows):
    names = ["status", "contacted", "replied", "accepted", "posted"]
    frame = pd.DataFrame(rows, columns=names, dtype="str")
    frame.insert(0, "creator", [f"c{at}" for at in range(len(frame))])
    frame.index = pd.RangeIndex(2, 2 + len(frame), name="line")
    result = tables.validated([sources.RawFile("t.csv", "outreach", frame, (), ())], whole=False)
    count = result.counts.set_index("table").loc["outreach"]
    assert count["rows_in"] == count[["kept", "repaired", "refused"]].sum() == len(rows)
    assert len(result.outreach) == count["kept"] + count["repaired"]
    kept = result.outreach
    assert not (kept["accepted"] & ~kept["replied"]).any()
    assert not (kept["posted"] & ~kept["accepted"]).any()


def test_a_rule_by_header_is_for_files_that_have_the_headers_of_its_values():
    (entry,) = mappings.entries("rule", {"headers": ["Creator"], "values": {"Stage": {"A": ["posted"]}}})
    assert entry.names == ("Stage",)
    assert entry.values == {"Stage": {"a": "=posted"}}
