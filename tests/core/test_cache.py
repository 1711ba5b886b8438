"""Proves that the cache is a folder of this user alone, named after what made its content, or is none."""

import os
from pathlib import Path

import pytest

from nanospread.core import cache

DAY = 24 * 3600


def test_a_folder_is_private_whatever_the_umask_and_the_same_for_the_same_makers(tmp_path):
    before = os.umask(0)
    try:
        place = cache.folder("compiled", "sources", "numba 1", root=tmp_path / "nanospread")
    finally:
        os.umask(before)
    assert place is not None
    assert [folder.stat().st_mode & 0o777 for folder in (place, place.parent)] == [0o700, 0o700]
    assert cache.folder("compiled", "sources", "numba 1", root=tmp_path / "nanospread") == place
    assert cache.folder("compiled", "sources", "numba 2", root=tmp_path / "nanospread") != place
    assert cache.folder("fonts", "sources", "numba 1", root=tmp_path / "nanospread") != place


def test_a_root_of_this_user_that_is_open_is_closed_and_a_folder_in_it_that_was_open_is_made_anew(tmp_path):
    place = cache.folder("compiled", "a", root=tmp_path)
    assert place is not None
    tmp_path.chmod(0o777)
    assert cache.folder("compiled", "a", root=tmp_path) == place
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    (place / "code").touch()
    assert cache.folder("compiled", "a", root=tmp_path) == place
    assert (place / "code").exists()
    for mode in (0o770, 0o755):
        place.chmod(mode)
        (place / "code").touch()
        assert cache.folder("compiled", "a", root=tmp_path) == place
        assert (place.stat().st_mode & 0o777, list(place.iterdir())) == (0o700, [])


def test_a_link_a_file_and_a_relative_place_are_not_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "file").touch()
    for name in ("link", "dangling", "file", "file/below"):
        assert cache.folder("compiled", root=tmp_path / name) is None
    assert cache.folder("compiled", root=Path("~", "cache")) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file", "link", "real"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_another_users_folder_and_a_home_that_root_borrows_are_not_used(tmp_path):
    place = cache.folder("compiled", root=tmp_path / "root")
    assert place is not None
    os.chown(place, 12345, -1)
    assert cache.folder("compiled", root=tmp_path / "root") is None
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 12345, -1)
    assert cache.folder("compiled", root=home / ".cache" / "nanospread") is None
    assert list(home.iterdir()) == []


def test_folders_that_nobody_used_for_long_go_when_another_is_made(tmp_path):
    places = [cache.folder("compiled", str(days), root=tmp_path) for days in range(3)]
    fonts = cache.folder("fonts", root=tmp_path)
    for days, place in zip((1, 29, 31), places, strict=True):
        os.utime(place, (0, place.stat().st_mtime - days * DAY))
    os.utime(fonts, (0, 0))
    new = cache.folder("compiled", "new", root=tmp_path)
    assert set(tmp_path.iterdir()) == {*places[:2], fonts, new}


def test_a_disk_without_room_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "ROOM", 1 << 62)
    assert cache.folder("compiled", root=tmp_path) is None


def test_every_byte_and_name_of_the_sources_changes_their_fingerprint(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.paths, "PACKAGE", tmp_path)
    (tmp_path / "wing" / "inner").mkdir(parents=True)
    file = tmp_path / "wing" / "inner" / "rule.py"
    file.write_text("x = 1\n")
    (tmp_path / "other.txt").write_text("no source")
    seen = {cache.sources(["wing"])}
    before = file.stat()
    file.write_text("x = 2\n")  # of the same size and time
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    seen.add(cache.sources(["wing"]))
    file.rename(file.with_name("role.py"))
    seen.add(cache.sources(["wing"]))
    assert len(seen) == 3
    (tmp_path / "wing" / "notes.txt").write_text("no source")
    assert cache.sources(["wing"]) in seen


def test_a_file_is_read_only_as_it_was_written_and_under_its_own_name(tmp_path):
    file, other = tmp_path / "one.npz", tmp_path / "two.npz"
    cache.write(file, b"content", most=5)
    assert cache.read(file) == b"content"
    other.write_bytes(file.read_bytes())
    assert cache.read(other) is None
    file.write_bytes(file.read_bytes()[:-1])
    assert cache.read(file) is None
    assert cache.read(tmp_path / "missing.npz") is None


def test_the_files_used_last_stay_and_those_of_another_ending(tmp_path):
    (tmp_path / "list.json").touch()
    for age, name in enumerate("abc"):
        cache.write(tmp_path / f"{name}.npz", b"", most=3)
        os.utime(tmp_path / f"{name}.npz", (age, age))
    assert cache.read(tmp_path / "a.npz") == b""  # which is a use
    cache.write(tmp_path / "d.npz", b"", most=3)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.npz", "c.npz", "d.npz", "list.json"]
