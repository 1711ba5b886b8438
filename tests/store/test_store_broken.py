"""Proves that a store that is damaged, foreign, newer or not to be written is told in one line."""

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import pytest

import stored
from nanospread import store
from nanospread.core.errors import InputError
from nanospread.store import disk, duck, manifests
from stored import ANNA, POST, day


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    place = tmp_path_factory.mktemp("original") / "s"
    store.write(place, stored.of(), as_of=day(0), inputs=stored.inputs("a"))
    return place


@pytest.fixture
def place(original, tmp_path):
    return Path(shutil.copytree(original, tmp_path / "s"))


def folder(place) -> Path:
    return manifests.snapshots(place)[0].folder


def parquet(place, table="posts") -> Path:
    return next(folder(place).glob(f"{table}-*.parquet"))


def resealed(place, **changes):
    """Change a manifest as somebody would who knows how it is sealed."""
    path = folder(place) / "manifest.json"
    said = {**json.loads(path.read_text()), **changes}
    said.pop("seal")
    path.write_text(json.dumps({**said, "seal": manifests._seal(said)}))


def cut(place):
    parquet(place).write_bytes(parquet(place).read_bytes()[:-20])


def emptied(place):
    parquet(place).write_bytes(b"")


def grown(place):
    parquet(place).write_bytes(parquet(place).read_bytes() * 2)


def tail(place):
    parquet(place).write_bytes(parquet(place).read_bytes()[:-4] + b"XXXX")


def head(place):
    parquet(place).write_bytes(b"\0" * 40 + parquet(place).read_bytes()[40:])


def footer(place):
    whole = bytearray(parquet(place).read_bytes())
    whole[-8:-4] = (2**31 - 1).to_bytes(4, "little")
    parquet(place).write_bytes(whole)


def linked(place):
    path, aside = parquet(place), place.parent / "aside.parquet"
    path.rename(aside)
    path.symlink_to(aside)


def gone(place):
    parquet(place).unlink()


def no_manifest(place):
    (folder(place) / "manifest.json").unlink()


def no_json(place):
    (folder(place) / "manifest.json").write_text('{"version": 1, ')


def deep(place):
    (folder(place) / "manifest.json").write_text("[" * 100_000)


def binary(place):
    (folder(place) / "manifest.json").write_bytes(b"\xff\xfe\0")


def a_list(place):
    (folder(place) / "manifest.json").write_text("[]")


def altered(place):
    path = folder(place) / "manifest.json"
    path.write_text(path.read_text().replace('"rows": 1', '"rows": 2', 1))


def outside(place):
    resealed(place, files=[{"table": "../x", "sha256": "a" * 64, "size": 5, "rows": 1}])


def no_hash(place):
    resealed(place, files=[{"table": "posts", "sha256": "../../../../etc/passwd", "size": 5, "rows": 1}])


def nothing_said(place):
    resealed(place, files=None)


def no_date(place):
    resealed(place, as_of="soon")


def other_id(place):
    resealed(place, id="f" * 64)


def newer(place):
    resealed(place, version=99)


def newer_store(place):
    (place / "store.json").write_text('{"version": 2, "salt": "x"}')


def no_salt(place):
    (place / "store.json").write_text('{"version": 1}')


def bad_list(place):
    (place / "forgotten.csv").write_text("sha256\nanna\n")


def lost_list_end(place):
    (place / "forgotten.csv").write_text("")


def renamed(place):
    folder(place).rename(place / "snapshots" / "2026-11-16.aaaaaaaaaaaa")


DAMAGE = {
    cut: "is damaged: .* bytes where",
    emptied: "is damaged: 0 bytes where",
    grown: "is damaged",
    tail: "is damaged",
    head: "is damaged",
    footer: "cannot be read|is damaged",
    linked: "is damaged",
    gone: "cannot be read: No such file",
    no_manifest: "it has no manifest.json",
    no_json: "no JSON",
    deep: "no JSON",
    binary: "no JSON",
    a_list: "no JSON object",
    altered: "altered after it was written",
    outside: "names what no snapshot has",
    no_hash: "names what no snapshot has",
    nothing_said: "names what no snapshot has",
    no_date: "names what no snapshot has",
    other_id: "names what no snapshot has",
    newer: "is of version 99, this nanospread reads up to 1",
    newer_store: "is of version 2",
    no_salt: "has no salt",
    bad_list: "one hash a line",
    lost_list_end: "one hash a line",
    renamed: "names what no snapshot has",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damage_is_told_in_one_line_and_never_read_around(place, damage):
    damage(place)
    with pytest.raises(InputError, match=DAMAGE[damage]) as told:
        store.read(place)
    assert "\n" not in str(told.value)
    if damage not in (bad_list, lost_list_end, footer):
        with pytest.raises(InputError):
            store.write(place, stored.of(), as_of=day(0), inputs=stored.inputs("a"))


def test_one_altered_byte_in_the_middle_is_found_by_its_hash(place):
    assert store.checked(place).empty
    whole = bytearray(parquet(place).read_bytes())
    whole[len(whole) // 2] ^= 1
    parquet(place).write_bytes(whole)
    found = store.checked(place)
    assert found["fault"].tolist() == ["its bytes were altered"]
    cut(place)
    assert "is damaged" in store.checked(place)["fault"][0]


def test_a_damaged_snapshot_is_mended_by_deleting_it_and_ingesting_again(place):
    expected = store.read(place).posts
    cut(place)
    shutil.rmtree(folder(place))
    assert store.write(place, stored.of(), as_of=day(0), inputs=stored.inputs("a")).new
    assert store.read(place).posts.equals(expected)


def test_a_whole_parquet_file_that_is_not_ours_is_told(place):
    """Someone swaps a file for one with other columns, and seals it."""
    path = parquet(place)
    with duck.connected() as connection:
        connection.sql("SELECT 'x' AS likes").write_parquet(str(path))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    path.rename(path.with_name(f"posts-{sha256[:16]}.parquet"))
    resealed(
        place,
        files=[{"table": "posts", "sha256": sha256, "size": os.path.getsize(parquet(place)), "rows": 1}],
    )
    with pytest.raises(InputError, match="cannot be read: ") as told:
        store.read(place)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("call", [store.read, store.snapshots, store.gaps, store.fingerprint, store.checked])
def test_what_is_no_store_is_told(tmp_path, call):
    for where in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="is no store"):
            call(where)


def test_a_store_that_was_begun_and_has_no_snapshot_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(
        disk, "staging", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        store.write(tmp_path / "s", stored.of(), as_of=day(0), inputs=stored.inputs("a"))
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"has no snapshot yet: `nanospread ingest FILES --as-of DATE`"):
        store.read(tmp_path / "s")
    assert store.snapshots(tmp_path / "s").empty
    assert store.write(tmp_path / "s", stored.of(), as_of=day(0), inputs=stored.inputs("a")).new


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "posts.csv").write_text("post\n")
    with pytest.raises(InputError, match=r"is no store and not empty \('posts.csv'\)"):
        store.write(tmp_path, stored.of(), as_of=day(0), inputs=stored.inputs("a"))
    assert [path.name for path in tmp_path.iterdir()] == ["posts.csv"]
    with pytest.raises(InputError, match="cannot be written"):
        store.write(tmp_path / "posts.csv", stored.of(), as_of=day(0), inputs=stored.inputs("a"))


@pytest.mark.slow
@pytest.mark.parametrize("step", [(os, "fsync"), (disk, "staging"), (Path, "replace")])
@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_full_disk_at_any_step_leaves_the_store_as_it_was(place, monkeypatch, step, at):
    real, left = getattr(*step), iter(range(at))

    def full(*arguments):
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        return real(*arguments)

    before = store.read(place).posts
    monkeypatch.setattr(*step, full)
    later = stored.of(posts=[{**POST, "likes": 99}])
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        _both(place, later)
    monkeypatch.undo()
    assert len(store.snapshots(place)) >= 1
    interrupted = {"it names 'anna', who was forgotten: run forget again"}
    assert set(store.checked(place)["fault"]) <= interrupted
    assert before["post"].tolist() == ["p1"]


def _both(place, week):
    """Write and forget until a full disk stops it."""
    for number in range(1, 9):
        store.write(place, week, as_of=day(-number), inputs=stored.inputs("b"))
        store.forget(place, "anna")


def test_a_full_disk_under_duckdb_is_told_too(place, monkeypatch):
    import duckdb

    def full(*_):
        raise duckdb.IOException("IO Error: Could not write to file: No space left on device\nmore lines")

    monkeypatch.setattr(duck, "rows", full)
    with pytest.raises(InputError, match=r"No space left on device$"):
        store.write(place, stored.of(), as_of=day(1), inputs=stored.inputs("b"))
    assert len(store.snapshots(place)) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_may_not_be_written_is_told(place):
    place.chmod(0o555)
    (place / disk.LOCK).chmod(0o444)
    with pytest.raises(InputError, match="Permission denied"):
        store.write(place, stored.of(), as_of=day(1), inputs=stored.inputs("b"))
    assert len(store.read(place).posts) == 1
    place.chmod(0o755)


def test_a_second_writer_waits_and_gives_up_with_one_line(place):
    with disk.locked(place):
        began = time.monotonic()
        with pytest.raises(InputError, match=r"is being written by another run, for over 0.3 s"):
            store.write(place, stored.of(), as_of=day(1), inputs=stored.inputs("b"), wait=0.3)
        assert time.monotonic() - began < 5
        assert len(store.read(place).posts) == 1  # readers do not wait
    assert store.write(place, stored.of(), as_of=day(1), inputs=stored.inputs("b"), wait=0.3).new


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a b'c\"d", "x*[1]?", "k=v", "ü\n", "%s{}$"])
def test_a_store_lives_in_a_folder_of_any_name(tmp_path, name):
    whole = stored.of(creators=[ANNA, {**ANNA, "creator": "berta"}])
    for at in (0, 1):
        store.write(tmp_path / name, whole, as_of=day(at), inputs=stored.inputs("a"))
    assert store.read(tmp_path / name).creators["creator"].tolist() == ["anna", "berta"]
    assert store.forget(tmp_path / name, "berta").searched.hits == 0


def test_a_reader_who_meets_a_rewrite_reads_once_more(place, monkeypatch):
    store.write(
        place,
        stored.of(creators=[ANNA, {**ANNA, "creator": "berta"}]),
        as_of=day(1),
        inputs=stored.inputs("b"),
    )
    real, met = manifests.check, []

    def meanwhile(snapshots):
        if not met:
            met.append(True)
            store.forget(place, "berta")
        return real(snapshots)

    monkeypatch.setattr(manifests, "check", meanwhile)
    assert store.read(place).creators["creator"].tolist() == ["anna"]
    assert met
