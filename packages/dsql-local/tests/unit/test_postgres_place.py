"""Where things are put, and for whom."""

import os

import pytest

from dsql_local.errors import DataDirectoryUnusable, DiskFull, PostgresFailed
from dsql_local.postgres import binaries, elsewhere, place, template
from dsql_local.postgres.account import Account

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

    elsewhere.provide(kept, tmp_path / "system")

    assert [half.exists() for half in halves] == [False, True]


def test_the_other_half_of_a_data_directory_that_may_be_unmounted_stays(tmp_path, monkeypatch):
    half = elsewhere.provide(tmp_path / "disk", tmp_path / "system")
    monkeypatch.setattr(elsewhere.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))

    elsewhere.provide(tmp_path / "other", tmp_path / "system")

    assert half.exists()


def test_socket_paths_fit_into_a_socket_address(tmp_path):
    found = place.settle(tmp_path).sockets / ("x" * place.CLUSTER_ID_LENGTH) / place.SOCKET_NAME

    assert len(str(found)) <= place.LONGEST_SOCKET_PATH
    place.forget(tmp_path)


def test_a_socket_directory_that_is_a_link_is_not_trusted(tmp_path, monkeypatch):
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    monkeypatch.setattr(place, "_socket_candidates", lambda _: [tmp_path / "link"])

    with pytest.raises(DataDirectoryUnusable, match="belongs to somebody else"):
        place._private(tmp_path / "link", mode=0o700)


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
