"""Proves that colleagues share a store: each may add, read and forget; contact data stay their owner's."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import stored
from colleagues import GROUP, USERS, as_user, root, shared_folder
from nanospread import store
from nanospread.core.errors import InputError
from nanospread.store import disk, manifests
from stored import day

ONE, OTHER = USERS


@pytest.fixture
def shared() -> Iterator[Path]:
    """Return the place of a store in a folder that a group shares."""
    with shared_folder() as folder:
        yield folder / "store"


def write(place: Path, number: int, contacts: bool = False) -> None:
    mails = pd.DataFrame({"creator": ["anna"], "mail": ["a@x.org"]}, dtype="str") if contacts else None
    store.write(place, stored.of(), as_of=day(number), inputs=stored.inputs(f"{number}"), contacts=mails)


@pytest.mark.slow
@root
def test_each_adds_reads_and_forgets_and_all_is_the_groups(shared):
    for number, user in enumerate((ONE, OTHER, ONE)):
        assert as_user(user, lambda number=number: write(shared, number)) == 0
    assert as_user(OTHER, lambda: len(store.read(shared).posts) == 1) == 0
    for path in [shared, *shared.rglob("*")]:
        about = path.stat()
        wanted = 0o2770 if path.is_dir() else 0o660
        assert (about.st_gid, stat.S_IMODE(about.st_mode)) == (GROUP, wanted), path
    assert as_user(OTHER, lambda: store.forget(shared, "anna")) == 0
    assert as_user(ONE, lambda: store.forget(shared, "anna")) == 0
    assert store.checked(shared).empty


@pytest.mark.slow
@root
def test_contact_data_are_their_owners_alone_and_stop_no_colleague_from_reading_the_rest(shared):
    assert as_user(ONE, lambda: write(shared, 0, contacts=True)) == 0
    [file] = shared.rglob("contacts-*.parquet")
    assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_uid) == (0o600, ONE)
    assert as_user(OTHER, lambda: len(store.read(shared).posts) == 1) == 0
    assert as_user(OTHER, lambda: write(shared, 1)) == 0
    assert as_user(ONE, lambda: len(store.contacts(shared)) == 1) == 0

    def refused() -> bool:
        try:
            store.forget(shared, "anna")
        except InputError as error:
            return f"is readable for user {ONE} alone, who must run forget" in str(error)
        return False

    assert as_user(OTHER, refused) == 0
    assert as_user(ONE, lambda: store.forget(shared, "anna")) == 0
    assert list(shared.rglob("contacts-*.parquet")) == []


@pytest.mark.slow
@root
def test_what_a_killed_colleague_left_stops_nobody(shared):
    assert as_user(ONE, lambda: write(shared, 0)) == 0
    for number, dies_at in enumerate((3, 12, 25, 40), 1):
        as_user((ONE, OTHER)[number % 2], lambda number=number: write(shared, number), dies_at)
        assert as_user((OTHER, ONE)[number % 2], lambda number=number: write(shared, 10 * number)) == 0
    assert as_user(OTHER, lambda: len(store.read(shared).posts) == 1) == 0
    assert list((shared / disk.STAGING).glob("*")) == []


@pytest.mark.parametrize(("umask", "file"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_where_nobody_shares_the_umask_decides_and_contacts_are_private_anyway(tmp_path, umask, file):
    before = os.umask(umask)
    try:
        write(tmp_path / "s", 0, contacts=True)
    finally:
        os.umask(before)
    for path in (path for path in (tmp_path / "s").rglob("*") if path.is_file()):
        private = path.name.startswith("contacts-")
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if private else file), path


@pytest.mark.parametrize("name", [disk.LOCK, disk.STAGING])
def test_a_link_in_place_of_lock_or_staging_is_told_and_left_alone(tmp_path, name):
    write(tmp_path / "s", 0)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").touch()
    disk.discard(tmp_path / "s" / name)
    (tmp_path / "s" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        write(tmp_path / "s", 1)
    assert (tmp_path / "s" / name).is_symlink()
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["mine"]
    assert len(manifests.snapshots(tmp_path / "s")) == 1
