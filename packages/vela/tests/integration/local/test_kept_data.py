"""What is kept from one start to the next: read with care, for its owner only, and forgotten whole."""

import shutil

import pytest

from vela.errors import StateCorrupt


def quiet(_news):
    """Show nothing."""


@pytest.mark.parametrize("content", ['{"half', "[]", "{}"])
def test_a_corrupt_state_is_refused_by_name_and_nothing_is_left_running(home, content):
    home.cloud.start(quiet)
    home.cloud.stop()
    state = home.path / "data/emulator/services/iam.json"
    state.write_text(content)

    with pytest.raises(StateCorrupt, match=r"iam\.json cannot be read"):
        home.cloud.start(quiet)

    assert home.cloud.status().dsql_pid is None
    assert state.read_text() == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ports.json", ""),
        ("ports.json", "[]"),
        ("ports.json", '{"foo": 1}'),
        ("ports.json", '{"port": "x", "dsql_port": 1}'),
        ("ports.json", '{"port": 65536, "dsql_port": 1}'),
        ("credentials.json", ""),
        ("credentials.json", "{}"),
    ],
)
def test_a_note_of_the_last_start_that_cannot_be_read_is_named(home, name, content):
    (home.path / "data").mkdir()
    (home.path / "data" / name).write_text(content)

    with pytest.raises(StateCorrupt, match=name):
        home.cloud.start(quiet)

    assert not list((home.path / "run").glob("*.pid"))


def test_lost_data_of_dsql_local_are_told_and_a_deleted_cluster_is_not_lost(home, aws_of):
    aws = aws_of(home.cloud.start(quiet))
    kept, deleted = (
        aws.client("dsql").create_cluster(deletionProtectionEnabled=False)["identifier"]
        for _ in range(2)
    )
    aws.client("dsql").delete_cluster(identifier=deleted)
    home.cloud.stop()
    elsewhere = home.path / "elsewhere"
    (home.path / "data/dsql").rename(elsewhere)

    with pytest.raises(StateCorrupt, match=rf"The database is lost: .*, cluster {kept}\. ") as told:
        home.cloud.start(quiet)

    assert "vela down --purge" in told.value.fix
    assert home.cloud.status().dsql_pid is None
    shutil.rmtree(home.path / "data/dsql")
    elsewhere.rename(home.path / "data/dsql")
    again = aws_of(home.cloud.start(quiet))
    assert again.client("dsql").get_cluster(identifier=kept)["status"] == "ACTIVE"


def test_a_purge_heals_data_of_dsql_local_that_are_no_directory(home):
    data = home.path / "data"
    data.mkdir()
    (data / "dsql").write_text("not a directory")

    left = home.cloud.purge()

    assert left == ()
    assert not data.exists()


def test_a_purge_removes_what_vela_made_and_names_what_it_left(home):
    home.cloud.start(quiet)
    data = home.path / "data"
    (data / "cdk.out").mkdir()
    (data / "mine").write_text("kept")

    left = home.cloud.purge()

    assert left == (data / "mine",)
    assert [path.name for path in data.iterdir()] == ["mine"]
    (data / "mine").unlink()


def test_what_is_kept_is_for_its_owner_only_and_lets_postgresql_pass(home, aws_of):
    aws = aws_of(home.cloud.start(quiet))
    aws.client("secretsmanager").create_secret(Name="s", SecretString="secret")
    home.cloud.stop()

    data = home.path / "data"
    modes = {path.name: path.stat().st_mode & 0o777 for path in (data, data / "emulator")}
    kept = [path for path in (data / "emulator").rglob("*") if path.stat().st_mode & 0o077]
    assert modes == {"data": 0o711, "emulator": 0o700}
    assert kept == []


def test_a_purge_forgets_the_data(home, aws_of):
    aws = aws_of(home.cloud.start(quiet))
    aws.client("s3").create_bucket(Bucket="forgotten")
    home.cloud.purge()

    again = aws_of(home.cloud.start(quiet))

    assert again.client("s3").list_buckets()["Buckets"] == []
