"""Templates that several servers make at the same time."""

import pytest

from dsql_local.postgres import template


@pytest.fixture
def staged(tmp_path):
    made = tmp_path / "staged"
    made.mkdir()
    (made / "PG_VERSION").write_text("ours")
    return made


def test_a_template_gets_its_name(staged, tmp_path):
    template.publish(staged, tmp_path / "template")

    assert (tmp_path / "template/PG_VERSION").read_text() == "ours"


def test_a_template_another_server_made_meanwhile_is_left_alone(staged, tmp_path):
    theirs = tmp_path / "template"
    theirs.mkdir()
    (theirs / "PG_VERSION").write_text("theirs")

    template.publish(staged, theirs)

    assert (theirs / "PG_VERSION").read_text() == "theirs"


def test_a_template_that_is_half_removed_is_replaced(staged, tmp_path):
    half = tmp_path / "template"
    (half / "base").mkdir(parents=True)

    template.publish(staged, half)

    assert (half / "PG_VERSION").read_text() == "ours"
    assert not (half / "base").exists()


def test_what_cannot_be_renamed_is_told(staged, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(NotADirectoryError):
        template.publish(staged, tmp_path / "file")
