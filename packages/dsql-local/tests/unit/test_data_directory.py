"""Whose a data directory is, and what a purge may take."""

import pytest

from dsql_local.errors import DataDirectoryUnusable
from dsql_local.server.data_directory import MARKER, forget, held


@pytest.fixture
def made(tmp_path):
    """A directory a server made, with what it keeps there."""
    path = tmp_path / "data"
    with held(path):
        for name in ("registry", "tls", "postgres"):
            (path / name).mkdir()
    (path / "registry" / "state").touch()
    return path


def names(path):
    return sorted(found.name for found in path.iterdir())


@pytest.mark.parametrize("name", ["f", "lock", "registry", "postgres"])
def test_a_directory_no_server_made_is_not_touched(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "precious").touch()

    with pytest.raises(DataDirectoryUnusable, match="no data directory of dsql-local"):
        forget(tmp_path)

    assert names(tmp_path) == [name]
    assert names(tmp_path / name) == ["precious"]


def test_a_file_is_no_data_directory(tmp_path):
    (tmp_path / "f").write_text("precious")

    with pytest.raises(DataDirectoryUnusable, match="is not a directory"):
        forget(tmp_path / "f")

    assert (tmp_path / "f").read_text() == "precious"


def test_an_empty_directory_and_none_are_forgotten(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()

    assert forget(empty) == forget(tmp_path / "none") == []
    assert names(tmp_path) == []


def test_all_that_a_server_made_goes(made):
    (made / "ready.json").touch()
    (made / "ready.json.123").touch()

    assert forget(made) == []
    assert not made.exists()


def test_what_others_put_there_stays_and_is_named(made):
    (made / "precious").touch()

    assert forget(made) == ["precious"]
    assert names(made) == ["precious"]


def test_what_a_server_without_a_marker_made_goes(made):
    (made / MARKER).unlink()

    assert forget(made) == []
    assert not made.exists()


@pytest.mark.parametrize("name", ["registry", "postgres"])
@pytest.mark.parametrize("damage", ["file", "dangling link", "circular link", "gone"])
def test_a_damaged_data_directory_can_be_forgotten(made, name, damage):
    part = made / name
    part.rename(made.parent / "was")
    match damage:
        case "file":
            part.touch()
        case "dangling link":
            part.symlink_to(made / "nowhere")
        case "circular link":
            part.symlink_to(part)
        case _:
            assert not part.exists()

    assert forget(made) == []
    assert not made.exists()


@pytest.mark.parametrize("name", ["registry", "tls", "postgres"])
def test_a_server_takes_nothing_over_that_another_made(tmp_path, name):
    (tmp_path / name).mkdir()

    with pytest.raises(DataDirectoryUnusable, match=f"has a `{name}` that dsql-local did not make"):
        held(tmp_path).__enter__()

    assert names(tmp_path) == [name]
