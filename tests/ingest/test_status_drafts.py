"""Proves that a draft says what each declared word of a tracker means, and asks for the rest."""

import pytest
import yaml

from nanospread.core.errors import InputError
from nanospread.ingest import mappings, sources, suggestions, tables

TRACKER = "Influencer,Stage\n@mia,Posted\n@noa,Aprovado\n@oli,Enviado\n@pia,Enviado\n@quo,Escolhido\n"


def drafted(folder, text, name="tracker.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return suggestions.suggested_mapping([folder / name])


def read(folder, draft, name="tracker.csv"):
    (folder / "mapping.yaml").write_text(draft, encoding="utf-8")
    return tables.validated(sources.read([folder / name]), whole=False).outreach


def test_known_words_are_drafted_and_unknown_ones_asked(tmp_path):
    draft = drafted(tmp_path, TRACKER)
    said = yaml.safe_load(draft)["tracker.csv"]["values"]["status"]
    assert said == {"Enviado": None, "Posted": ["posted"], "Aprovado": None, "Escolhido": []}
    assert '"Enviado":  # 2 rows: which steps? Say them' in draft
    with pytest.raises(InputError, match="say what 'Enviado' means"):
        read(tmp_path, draft)


def test_a_draft_with_its_questions_answered_is_read(tmp_path):
    draft = drafted(tmp_path, TRACKER)
    draft = draft.replace('"Enviado":', '"Enviado": [accepted]').replace(
        '"Aprovado":', '"Aprovado": [replied]'
    )
    found = read(tmp_path, draft)
    assert found["creator"].tolist() == ["mia", "noa", "oli", "pia"]
    assert found["accepted"].tolist() == [True, False, True, True]
    assert found["posted"].tolist() == [True, False, False, False]


def test_a_tracker_of_declared_words_needs_no_draft(tmp_path):
    assert "no mapping is needed" in drafted(tmp_path, "Influencer,Stage\n@mia,Posted\n@noa,ghosted ❌\n")


def test_a_column_under_any_name_is_the_status_where_its_words_say_so(tmp_path):
    text = "Influencer,Wo stehen wir,Notes\n@mia,Posted,x 1\n@noa,zugesagt,y 2\n@oli,Abwarten,z 3\n"
    draft = drafted(tmp_path, text)
    said = yaml.safe_load(draft)["tracker.csv"]
    assert said["table"] == "outreach"
    assert said["columns"] == {"creator": "Influencer", "status": "Wo stehen wir"}
    assert said["values"]["Wo stehen wir"] == {
        "Posted": ["posted"],
        "zugesagt": ["accepted"],
        "Abwarten": None,
    }
    found = read(tmp_path, draft.replace('"Abwarten":', '"Abwarten": [contacted]'))
    assert found["accepted"].tolist() == [True, True, False]


@pytest.mark.parametrize(
    "word", ['"', "a: b", "# no", "\u202eevil", "yes", "2026-01-01", "{}", "'", "- x", "=posted"]
)
def test_whatever_a_status_is_the_draft_is_yaml_that_says_it(tmp_path, word):
    quoted = '"' + word.replace('"', '""') + '"'
    draft = drafted(tmp_path, f"Influencer,Stage\n@mia,{quoted}\n@noa,Posted\n@oli,Mine own\n")
    said = yaml.safe_load(draft)["tracker.csv"]["values"]["status"]
    assert set(said) == {word, "Posted", "Mine own"} or word == "=posted"
    (tmp_path / "mapping.yaml").write_text(draft, encoding="utf-8")
    assert mappings.read(tmp_path / "mapping.yaml")


def test_the_values_of_a_header_are_no_question_where_its_words_are_no_statuses(tmp_path):
    draft = drafted(tmp_path, "Kanalname,Fans am Tag,Stand\n@mia,2100,aktiv\n@noa,3100,verifiziert\n")
    assert "values" not in draft
