"""What others have said is shown as they said it, and standard output holds one result."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from unit.ops.verify.reports import report

from vela.cli import plan as planning
from vela.cli import screen
from vela.errors import SettingsError
from vela.ops.outputs import Outputs
from vela.ops.plan.steps import Action, Change, DestroyStack, Plan

VELA = Path(sys.executable).with_name("vela")
MARKUP = "[bold]prod[/bold] [/x] :key: [foo]"
OUTPUTS = Outputs(
    website_url="https://www.example.com",
    front_url="https://d111111abcdef8.cloudfront.net",
    api_url="https://a1.execute-api.us-east-1.amazonaws.com",
    cluster_arn="arn:aws:dsql:us-east-1:123456789012:cluster/abc",
    cluster_endpoint="abc.dsql-x.us-east-1.on.aws",
    secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:s",
)


def here(url: str) -> str:
    return url.replace("https://d111111abcdef8.cloudfront.net", "http://d1.localhost:8400")


def test_nothing_in_a_text_is_taken_for_markup(capsys):
    screen.failure(SettingsError(f"stage is {MARKUP}", f"Not {MARKUP}"))
    screen.notice(MARKUP)
    screen.line(MARKUP)
    screen.facts([("Name", MARKUP)])
    with screen.Steps().step(MARKUP, MARKUP) as news:
        news(MARKUP)

    shown = capsys.readouterr()
    assert shown.err.count(MARKUP) == 4
    assert shown.out.count(MARKUP) == 2


def test_names_and_values_stand_in_columns_and_end_where_they_end(capsys):
    screen.facts([("Website", "here"), ("API", "far away from here")])

    assert capsys.readouterr().out == "  Website  here\n  API      far away from here\n"


def test_a_terminal_without_these_characters_is_shown_question_marks(tmp_path):
    done = subprocess.run(
        [VELA, "status", "--home", tmp_path],
        env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"},
        cwd=Path(__file__).parents[5],
        capture_output=True,
        text=True,
        check=False,
    )
    program = "from vela.cli import screen; screen.notice('✓'); screen.line('✓')"
    signs = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Traceback" not in done.stderr
    assert (signs.stdout, signs.stderr) == ("?\n", "  ! ?\n")


def test_an_awaited_document_that_never_came_is_the_error(capsys):
    document = screen.Document()

    document.ask(asked=True)
    document.fail(SettingsError("stage is 'x'", "Set it"))

    assert json.loads(capsys.readouterr().out) == {
        "error": {"code": "E100", "what": "stage is 'x'", "fix": "Set it", "exit_code": 2}
    }


@pytest.mark.parametrize("asked", [True, False])
def test_after_the_document_or_without_one_an_error_is_told_aside_only(capsys, asked):
    document = screen.Document()

    document.ask(asked=asked)
    document.give({"passed": False})
    document.fail(SettingsError("stage is 'x'", "Set it"))

    assert json.loads(capsys.readouterr().out) == {"passed": False}


def test_a_command_that_fails_with_json_gives_its_error_as_json(tmp_path):
    done = subprocess.run(
        [VELA, "plan", "--json", "--home", tmp_path, "-c", "[/x]"],
        cwd=Path(__file__).parents[5],
        capture_output=True,
        text=True,
        check=False,
    )

    assert json.loads(done.stdout)["error"]["what"] == "--context is '[/x]'"
    assert done.returncode == 2
    assert "[/x]" in done.stderr


def test_a_plan_that_is_asked_about_leaves_standard_output_to_the_result(capsys):
    lost = Change(
        action=Action.REMOVED, logical_id="Cluster", type="AWS::DSQL::Cluster", data_at_risk=True
    )
    planned = Plan(steps=(DestroyStack(stack="DatabaseStack", changes=(lost,)),), stays=("it",))

    planning.show(planned, aside=True)

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "DATA ARE LOST" in shown.err


def test_the_last_line_tells_how_the_platform_of_that_target_ends(capsys, tmp_path):
    for target in ("local", "aws"):
        screen.welcome(
            replace(report(), target=target), OUTPUTS, logs=tmp_path, page=tmp_path / "report.html"
        )

    local, _, aws = capsys.readouterr().out.partition("`make down` stops it")
    assert "make down" not in aws
    assert "vela destroy" in aws
    assert "vela destroy" not in local


def test_a_name_of_ones_own_is_shown_beside_the_address_it_has_here(capsys, tmp_path):
    screen.welcome(
        replace(report(), target="local"),
        OUTPUTS.at(here),
        logs=tmp_path,
        page=tmp_path / "report.html",
    )

    shown = capsys.readouterr().out
    assert "http://d1.localhost:8400" in shown
    assert "https://www.example.com, served here" in shown
    assert OUTPUTS.own_url is None
