"""Where things are put, and for whom."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial

import pytest

from dsql_local.errors import DataDirectoryUnusable, DiskFull, PostgresFailed
from dsql_local.postgres import binaries, elsewhere, place, template
from dsql_local.postgres.account import Account

NOW = time.time()
STRANGER = Account(name="stranger", uid=64999, gid=64999)
OWNER = Account(name="owner", uid=os.geteuid(), gid=64999)


@pytest.mark.parametrize(
    ("mode", "account", "passes"),
    [
        (0o700, STRANGER, False),
        (0o711, STRANGER, True),
        (0o710, STRANGER, False),
        (0o744, STRANGER, False),
        (0o700, OWNER, True),
        (0o077, OWNER, False),
    ],
)
def test_an_account_passes_where_the_mode_lets_it(tmp_path, mode, account, passes):
    directory = tmp_path / "a"
    directory.mkdir()
    directory.chmod(mode)

    assert account._enters(directory) == passes


def test_one_closed_directory_on_the_way_is_enough(tmp_path):
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    inner.chmod(0o711)
    inner.parent.chmod(0o700)

    assert not STRANGER.passes(inner)


def test_the_other_half_of_a_temporary_data_directory_goes_when_it_is_gone(tmp_path):
    gone, kept = tmp_path / "gone", tmp_path / "kept"
    kept.mkdir()
    halves = [elsewhere.provide(path, tmp_path / "system") for path in (gone, kept)]
    (halves[0] / "cluster").mkdir()

    elsewhere.collect(tmp_path / "system", now=NOW)

    assert [half.exists() for half in halves] == [False, True]


def test_the_other_half_of_a_data_directory_that_may_be_unmounted_stays(tmp_path, monkeypatch):
    half = elsewhere.provide(tmp_path / "disk", tmp_path / "system")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))

    elsewhere.collect(tmp_path / "system", now=NOW)

    assert half.exists()


HOUR, DAY = 3600, 24 * 3600


@pytest.mark.parametrize(
    ("holds", "age", "stays"),
    [
        ([], HOUR / 2, True),
        ([], 2 * HOUR, False),
        (["cluster.log"], 29 * DAY, True),
        (["cluster.log"], 31 * DAY, False),
    ],
)
def test_a_half_without_a_note_goes_when_it_is_old(tmp_path, holds, age, stays):
    half = tmp_path / "0123456789ab"
    half.mkdir()
    for path in [*(half / name for name in holds), half]:
        path.touch()
        os.utime(path, (NOW - age, NOW - age))

    elsewhere.collect(tmp_path, now=NOW)

    assert half.exists() == stays


def test_what_is_no_half_is_not_collected(tmp_path):
    programs = tmp_path / "postgresql-0123456789ab"
    programs.mkdir()

    elsewhere.collect(tmp_path, now=NOW)

    assert programs.exists()


@pytest.mark.parametrize("noted", [True, False])
def test_a_half_where_postgresql_runs_is_never_collected(tmp_path, noted):
    half = elsewhere.provide(tmp_path / "gone", tmp_path / "system")
    cluster = half / "cluster"
    cluster.mkdir()
    if not noted:
        (half / elsewhere.NOTE).unlink()
    # What tells a server of this data is its command line.
    wait = "print(flush=True); input()"
    command = [sys.executable, "-c", wait, "-D", str(cluster), "-c"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as server:
        assert server.stdout
        server.stdout.readline()  # only a process that runs has its command line for sure
        (cluster / "postmaster.pid").write_text(f"{server.pid}\n{cluster}\n")
        elsewhere.collect(tmp_path / "system", now=NOW + 1000 * DAY)
        assert cluster.exists()
        server.communicate(b"\n")

    elsewhere.collect(tmp_path / "system", now=NOW + 1000 * DAY)

    assert not half.exists()


def test_a_data_directory_that_was_moved_keeps_its_other_half(tmp_path):
    system, data_dir, moved = tmp_path / "system", tmp_path / "data", tmp_path / "moved"
    data_dir.mkdir()
    half = elsewhere.provide(data_dir, system)
    (data_dir / "postgres").symlink_to(half)
    data_dir.rename(moved)

    found = place._data(moved, None, system)
    elsewhere.collect(system, now=NOW)

    assert found == half
    assert half.exists()


def test_a_half_that_was_removed_is_made_anew_with_its_note(tmp_path):
    system = tmp_path / "system"
    half = elsewhere.provide(tmp_path, system)
    (tmp_path / "postgres").symlink_to(half)
    elsewhere.remove(half)

    place._data(tmp_path, None, system)

    assert (half / elsewhere.NOTE).read_text() == f"{tmp_path}\n"


def test_a_link_of_the_users_own_loses_only_what_instances_made(tmp_path):
    target, data_dir = tmp_path / "big-disk", tmp_path / "data"
    for directory in (data_dir, target, target / "photos", target / ("x" * 26)):
        directory.mkdir()
    (data_dir / "postgres").symlink_to(target)

    place.forget(data_dir, tmp_path / "system")

    assert [path.name for path in target.iterdir()] == ["photos"]


def test_socket_paths_fit_into_a_socket_address(tmp_path):
    found = place.settle(tmp_path).sockets / ("x" * place.CLUSTER_ID_LENGTH) / place.SOCKET_NAME

    assert len(str(found)) <= place.LONGEST_SOCKET_PATH
    place.forget(tmp_path)


def test_a_socket_directory_that_is_a_link_is_not_trusted(tmp_path, monkeypatch):
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    monkeypatch.setattr(place, "_socket_candidates", lambda _: [tmp_path / "link"])

    with pytest.raises(DataDirectoryUnusable, match="belongs to somebody else"):
        place._private(tmp_path / "link", None)


def test_a_template_is_named_by_all_that_goes_into_it(monkeypatch):
    programs = binaries.installed()
    before = template.key(programs)
    monkeypatch.setattr(template, "INITDB", (*template.INITDB, "--data-checksums"))

    assert template.key(programs) != before


def test_programs_are_copied_whole_and_once(tmp_path):
    copy = binaries.copied(binaries.installed(), tmp_path)
    modified = copy.stat().st_mtime_ns

    assert (copy / "bin" / "postgres").stat().st_size > 1_000_000
    assert not (copy / "include").exists()
    assert binaries.copied(binaries.installed(), tmp_path).stat().st_mtime_ns == modified
    assert [p.name for p in tmp_path.iterdir()] == [copy.name]


@pytest.fixture
def made(tmp_path):
    """A template of many files with long names, and where to copy it."""
    template = tmp_path / "template"
    template.mkdir()
    for number in range(300):
        (template / f"{number:0200}").touch()
    where = replace(place.settle(tmp_path), account=None)
    yield template, where.data / "cluster", where
    place.forget(tmp_path)


@pytest.mark.parametrize(
    ("number", "kind", "says"),
    [
        (errno.ENOSPC, DiskFull, "no space is left"),
        (errno.EDQUOT, DiskFull, "no space is left"),
        (errno.EIO, PostgresFailed, "Input/output error"),
    ],
)
def test_a_copy_that_fails_says_why_in_one_line_and_leaves_nothing(
    made, monkeypatch, number, kind, says
):
    template_, directory, where = made

    def refuse(_source, target, **_options):
        raise OSError(number, os.strerror(number), str(target))

    monkeypatch.setattr(shutil, "copytree", partial(shutil.copytree, copy_function=refuse))
    with pytest.raises(kind, match=says) as failed:
        template.instantiate(template_, directory, where)

    assert len(str(failed.value)) < 1000
    assert not list(where.data.glob("cluster*"))


def test_a_program_that_could_not_even_say_so_met_a_full_disk(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    assert isinstance(template.failure("postgres", "", tmp_path), DiskFull)


@pytest.mark.parametrize(
    ("output", "kind", "says"),
    [
        ("a\n2026 [1] FATAL:  no\nb", PostgresFailed, "FATAL:  no"),
        (
            'initdb: error: could not write "x": No space left on device',
            DiskFull,
            "no space is left",
        ),
        ("", PostgresFailed, "it printed nothing"),
    ],
)
def test_a_failure_is_told_in_one_line(tmp_path, output, kind, says):
    found = template.failure("initdb", output, tmp_path)

    assert isinstance(found, kind)
    assert says in str(found)
    assert "\n" not in str(found)
