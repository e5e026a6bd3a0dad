"""A purge forgets whatever Vela has made, and nothing else."""

from vela.local.data import Data


def test_every_assembly_is_forgotten_with_the_rest(tmp_path):
    data = Data(tmp_path / "data")
    data.prepare()
    for name in ("cdk.out", "cdk.out-01a4b833", "cdk.out-earlier-ApiStack", ".cdk.a1"):
        (data.directory / name).mkdir()
        (data.directory / name / "manifest.json").touch()
    (data.directory / "cdk.lock").touch()

    assert data.forget() == ()
    assert not data.directory.exists()


def test_what_somebody_else_put_there_is_left_and_named(tmp_path):
    data = Data(tmp_path / "data")
    data.prepare()
    (data.directory / "letter.txt").touch()

    assert data.forget() == (data.directory / "letter.txt",)
