"""Proves that nobody who was forgotten comes back unseen: the list is sealed, and restored snapshots tell."""

import json
import shutil

import pytest

import stored
from nanospread import store
from nanospread.core.errors import InputError
from nanospread.store import erasure, forgotten, manifests
from stored import ANNA, POST, day

BERTA = {**ANNA, "creator": "berta"}
THEIRS = {**POST, "post": "p2", "creator": "berta", "caption": "tea with @anna"}


@pytest.fixture
def place(tmp_path):
    """Return a store of two weeks with anna in both, and a copy of it as a backup."""
    for number in (0, 7):
        week = stored.of(creators=[ANNA, BERTA], posts=[POST, THEIRS])
        store.write(tmp_path / "s", week, as_of=day(number), inputs=stored.inputs(f"{number}"))
    shutil.copytree(tmp_path / "s", tmp_path / "backup")
    store.forget(tmp_path / "s", "anna")
    return tmp_path / "s"


def backup(place):
    return place.parent / "backup"


def lost(place):
    (place / forgotten.LIST).unlink()


def emptied(place):
    (place / forgotten.LIST).write_text("sha256\n")


def shortened(place):
    store.forget(place, "berta")
    lines = (place / forgotten.LIST).read_text().split()
    (place / forgotten.LIST).write_text("\n".join(lines[:-1]) + "\n")


def longer(place):
    with (place / forgotten.LIST).open("a") as file:
        file.write("0" * 64 + "\n")


def of_another_store(place):
    shutil.copy(backup(place) / manifests.STORE, place / manifests.STORE)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [lost, emptied, shortened, longer, of_another_store])
def test_an_altered_list_is_found_and_reading_and_writing_stop(place, damage):
    damage(place)
    for call in (store.read, store.contacts, store.fingerprint, store.gaps):
        with pytest.raises(InputError, match="altered or taken away"):
            call(place)
    week = stored.of(creators=[BERTA], posts=[THEIRS])
    with pytest.raises(InputError, match="altered or taken away"):
        store.write(place, week, as_of=day(14), inputs=stored.inputs("x"))
    faults = store.checked(place)
    assert faults["file"].tolist() == [forgotten.LIST]


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1])
def test_a_snapshot_from_a_backup_that_holds_a_forgotten_account_is_caught_and_mended(place, which):
    folder = manifests.snapshots(place)[which].folder
    shutil.rmtree(folder)
    shutil.copytree(backup(place) / manifests.SNAPSHOTS / folder.name, folder)
    with pytest.raises(InputError, match=f"snapshot {folder.name} of .* holds an account that was forgotten"):
        store.read(place)
    faults = store.checked(place)
    assert set(faults["snapshot"]) == {folder.name}
    assert set(faults["fault"]) == {"it names 'anna', who was forgotten: run forget again"}
    assert store.forget(place, "anna").snapshots == 1
    assert store.read(place).posts["caption"].tolist() == ["tea with @[***]"]
    assert store.checked(place).empty


def test_folders_above_a_store_that_read_as_partitions_hide_nobody(place, tmp_path):
    above = tmp_path / "creator=berta" / "caption=tea" / "posted_at=2020-01-01"
    shutil.copytree(backup(place), above / "s")
    assert store.forget(above / "s", "anna").searched.hits == 0
    assert {one.newest for one in manifests.snapshots(above / "s")} == {
        one.newest for one in manifests.snapshots(place)
    }
    folder = manifests.snapshots(above / "s")[0].folder
    shutil.rmtree(folder)
    shutil.copytree(backup(place) / manifests.SNAPSHOTS / folder.name, folder)
    with pytest.raises(InputError, match="holds an account that was forgotten"):
        store.read(above / "s")
    assert set(store.checked(above / "s")["fault"]) == {
        "it names 'anna', who was forgotten: run forget again"
    }


@pytest.mark.parametrize("at", [slice(-20, None), slice(-8, -4)])  # cut off; altered, its ends whole
def test_damage_beside_a_restored_snapshot_hides_neither_from_the_check(place, at):
    damaged, restored = (one.folder for one in manifests.snapshots(place))
    shutil.rmtree(restored)
    shutil.copytree(backup(place) / manifests.SNAPSHOTS / restored.name, restored)
    file = next(damaged.glob("posts-*"))
    whole = bytearray(file.read_bytes())
    whole[at] = b"" if at.stop is None else b"\xff" * 4
    file.write_bytes(whole)
    faults = store.checked(place).groupby("snapshot")["fault"].agg(list)
    assert len(faults[damaged.name]) == 1
    assert set(faults[restored.name]) == {"it names 'anna', who was forgotten: run forget again"}


@pytest.mark.slow
def test_a_backup_in_which_only_a_text_names_the_account_is_found_by_the_check(place):
    week = stored.of(creators=[BERTA], posts=[THEIRS])
    other = place.parent / "other"
    shutil.copytree(backup(place), other)
    written = store.write(other, week, as_of=day(14), inputs=stored.inputs("z"))
    shutil.copytree(
        other / manifests.SNAPSHOTS / written.snapshot, place / manifests.SNAPSHOTS / written.snapshot
    )
    faults = store.checked(place)
    assert faults["file"].str.startswith("posts-").tolist() == [True]
    store.forget(place, "anna")
    assert store.checked(place).empty


@pytest.mark.slow
def test_a_forgetting_that_was_interrupted_is_served_without_the_account_and_told_by_the_check(
    place, monkeypatch
):
    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(erasure, "_without", killed)
    with pytest.raises(KeyboardInterrupt):
        store.forget(place, "berta")
    monkeypatch.undo()
    assert len(manifests.seals(place)) == 2
    with pytest.raises(InputError, match="holds no row"):  # neither of the two is served
        store.read(place)
    assert set(store.checked(place)["fault"]) == {"it names 'berta', who was forgotten: run forget again"}
    assert store.forget(place, "berta").searched.hits == 0
    assert len(manifests.seals(place)) == 1
    assert store.checked(place).empty


@pytest.mark.parametrize("step", [0, 1])
def test_a_kill_between_list_and_seal_locks_nobody_out(place, monkeypatch, step):
    real, left = forgotten.disk.replace_file, iter(range(step))

    def killed(*arguments):
        if next(left, None) is None:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(forgotten.disk, "replace_file", killed)
    with pytest.raises(KeyboardInterrupt):
        store.forget(place, "berta")
    monkeypatch.undo()
    assert store.read(place).creators["creator"].tolist() == ["berta"]
    store.forget(place, "berta")
    assert store.checked(place).empty


def test_a_store_of_an_earlier_version_is_read_and_sealed_by_the_next_writer(place):
    said = json.loads((place / manifests.STORE).read_text())
    del said["forgotten"]
    (place / manifests.STORE).write_text(json.dumps(said))
    assert store.read(place).creators["creator"].tolist() == ["berta"]
    week = stored.of(creators=[BERTA], posts=[THEIRS])
    store.write(place, week, as_of=day(14), inputs=stored.inputs("x"))
    assert len(manifests.seals(place)) == 1
    lost(place)
    with pytest.raises(InputError, match="altered or taken away"):
        store.read(place)
