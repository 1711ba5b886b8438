"""Proves that fetch.yaml is read strictly, names no other host, and lists of creators as people keep them."""

import csv
import re

import pytest

from nanospread.core import paths, secrets
from nanospread.core.errors import InputError
from nanospread.fetch import settings

LEAST = "token: env:GRAPH_TOKEN\n"


def read(folder, text):
    file = folder / "fetch.yaml"
    file.write_text(text, encoding="utf-8")
    return settings.read(file)


def test_the_least_is_where_the_token_is_kept(tmp_path):
    found = read(tmp_path, LEAST)
    assert (found.address, found.version, found.media) == ("https://graph.facebook.com", "v26.0", 50)


def test_an_id_longer_than_a_double_stays_as_it_is(tmp_path):
    assert read(tmp_path, LEAST + "account: 17841405309211845\n").account == "17841405309211845"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account: 1\n", "fetch.yaml: token is missing"),
        (LEAST + "medai: 5\n", "did you mean 'media'"),
        (LEAST + "media: 0\n", "media must be from 1 to 10,000"),
        (LEAST + "media: 2.000\n", "media"),
        (LEAST + "account: brand\n", "account must be an id: digits alone"),
        (LEAST + "version: '26'\n", "version must be such as v26.0"),
        (LEAST + "login: instagram\ncreators: list.txt\n", "creators need login: facebook"),
        (LEAST + "own: none\n", "own: none without creators"),
        (LEAST + "host: https://graph.example.org\n", "this machine itself"),
        (LEAST + "host: http://127.0.0.1.example.org\n", "this machine itself"),
        (LEAST + "host: http://10.0.0.1:80\n", "this machine itself"),
        ("- a list\n", "`field: value` lines"),
    ],
)
def test_what_cannot_be_is_one_line_that_names_it(tmp_path, text, said):
    with pytest.raises(InputError, match=said) as found:
        read(tmp_path, text)
    assert "fetch.yaml" in str(found.value)


def test_a_file_that_is_not_there_is_named_with_the_one_to_copy(tmp_path):
    with pytest.raises(InputError, match=r"does not exist: copy fetch\.example\.yaml"):
        settings.read(tmp_path / "fetch.yaml")


@pytest.mark.parametrize("field", ["token", "app_secret"])
@pytest.mark.parametrize("form", ["{}", "[{}]", "{}: {}", "'{}'", "env:{}", "a: {{b: {}}}"])
@pytest.mark.parametrize("held", ["EAAG" + "x" * 250, "123456789012345678901234", "EAAGx+1/2="])
def test_a_secret_in_the_place_of_where_it_is_kept_is_refused_and_not_repeated(tmp_path, field, form, held):
    least = LEAST if field != "token" else ""

    def secret():
        said = read(tmp_path, f"{least}{field}: {form.format(held, held)}\n")
        return secrets.secret(getattr(said, field), field, tmp_path, {})

    with pytest.raises(InputError) as found:
        secret()
    assert held not in str(found.value)


def test_only_what_is_asked_decides_whether_a_fetch_goes_on(tmp_path):
    one = read(tmp_path, LEAST)
    other = read(tmp_path, "token: file:other\ncalls_per_hour: 100\n")
    assert one.asked == other.asked
    assert settings.asked_before(one.asked).media == one.media


@pytest.mark.parametrize(
    "text",
    [
        "@Anna.Bakes\n\nben\nanna.bakes\n# a comment\n",
        "username\nanna.bakes\nben\n",
        "niche;Username;notes\nfood;anna.bakes;x\nfood;@ben;y\nfood;;z\n",
        '"name, real",instagram_handle\n"A, B",https://www.instagram.com/anna.bakes/\nC,ben\n',
        "\ufeffcreator\tfollowers\nanna.bakes\t1\nben\t2\n",
        'username,bio\n# mine, of May\nanna.bakes,"love\n#fashion"\nben,"tea\n\n# and cake\n"\n',
        "username,bio\r\nanna.bakes,love\u2028fashion\r\nben,x\r\n",
    ],
)
def test_a_list_of_creators_is_read_as_people_keep_it(tmp_path, text):
    (tmp_path / "list.txt").write_text(text, encoding="utf-8")
    said = read(tmp_path, LEAST + "creators: list.txt\n")
    assert settings.creators(said, tmp_path) == ("anna.bakes", "ben")


@pytest.mark.parametrize(
    "given",
    [{"own": "none", "creators": "names.txt"}, {"own": "creator"}, {"login": "instagram"}, {"since_days": 9}],
)
def test_what_any_fetch_asked_can_be_read_again(given):
    one = settings.Settings(token="env:T", **given)
    assert settings.asked_before(one.asked).asked == one.asked


def test_a_list_that_is_missing_or_has_no_names_is_told(tmp_path):
    (tmp_path / "creators.csv").write_text("niche,notes\nfood,x\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"did you mean 'creators.csv'"):
        settings.creators(read(tmp_path, LEAST + "creators: creator.csv\n"), tmp_path)
    with pytest.raises(InputError, match="has no column creator or username"):
        settings.creators(read(tmp_path, LEAST + "creators: creators.csv\n"), tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("username\nanna\n".encode("utf-16"), "is no text: save it as CSV UTF-8"),
        (b'username\n"' + b"a" * 200_000 + b'"\n', "cannot be read as CSV"),
        (b'username\nanna\n"ben\ncara\n', "cannot be read as CSV .unexpected end of data"),
    ],
)
def test_a_list_that_is_no_list_is_one_line(tmp_path, content, said):
    (tmp_path / "list.csv").write_bytes(content)
    before = csv.field_size_limit(131_072)  # the module's own, which ingest raises for the whole process
    try:
        with pytest.raises(InputError, match=said):
            settings.creators(read(tmp_path, LEAST + "creators: list.csv\n"), tmp_path)
    finally:
        csv.field_size_limit(before)


def test_a_list_of_another_encoding_is_read_as_names_are_plain(tmp_path):
    (tmp_path / "list.csv").write_bytes("username;notes\nanna;Müller\n".encode("latin-1"))
    said = read(tmp_path, LEAST + "creators: list.csv\n")
    assert settings.creators(said, tmp_path) == ("anna",)


def test_the_example_in_a_workspace_is_sound_also_with_all_that_is_commented_out(tmp_path):
    example = paths.PACKAGE / "resources" / "workspace" / "fetch.example.yaml"
    text = example.read_text(encoding="utf-8")
    assert settings.read(example).creators == "creators.csv"
    every = re.sub(r"^# (?=\w+: )", "", text, flags=re.MULTILINE)
    named = set(re.findall(r"^(\w+):", every, re.MULTILINE))
    assert named | {"host"} == set(settings.Settings.model_fields)  # a host is for tests alone
    assert read(tmp_path, every).calls_per_hour == 200
