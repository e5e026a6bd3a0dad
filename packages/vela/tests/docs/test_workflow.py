"""The workflow for users: it parses, asks for no more than it needs, and calls what exists."""

import re
from typing import Any

import pytest
import yaml
from conftest import PROJECT
from docs.commands import in_shell, joined, refusal

WORKFLOW = yaml.safe_load((PROJECT / ".github/workflows/deploy.yml").read_text(encoding="utf-8"))
JOBS: dict[str, Any] = WORKFLOW["jobs"]
ON = WORKFLOW[True]  # YAML 1.1 reads the key `on` as true
ACTION = re.compile(r"[\w-]+/[\w-]+@(?:v\d+|[0-9a-f]{40})")


def steps(job: str) -> list[dict[str, Any]]:
    return list(JOBS[job]["steps"])


def calls(job: str) -> list[list[str]]:
    """The `vela` commands of a job, with the array of context options written out."""
    found = []
    for step in steps(job):
        script = joined(step.get("run", ""))
        told = re.search(r"told=\((.*?)\)", script, flags=re.DOTALL)
        script = script.replace('"${told[@]}"', " ".join(told[1].split()) if told else "")
        found += [words for line in script.splitlines() for words in in_shell(line.strip())]
    return found


def test_it_runs_on_pull_requests_and_on_main_only():
    assert set(ON) == {"pull_request", "push"}
    assert ON["push"]["branches"] == ["main"]


def test_nothing_is_permitted_but_what_a_job_names():
    assert WORKFLOW["permissions"] == {}
    assert JOBS["plan"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert JOBS["deploy"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert JOBS["comment"]["permissions"] == {"pull-requests": "write"}


def test_the_job_that_may_write_has_no_aws_role_and_no_checkout():
    used = [step.get("uses", "") for step in steps("comment")]

    assert not any("checkout" in name or "aws" in name for name in used)


@pytest.mark.parametrize("job", JOBS)
def test_every_job_has_an_end_and_its_actions_a_version(job):
    assert JOBS[job]["timeout-minutes"] <= 90
    for step in steps(job):
        assert "uses" not in step or ACTION.fullmatch(step["uses"])


def test_pull_requests_see_doctor_and_plan_and_main_is_deployed_and_verified():
    assert [words[0] for words in calls("plan")] == ["doctor", "plan", "plan"]
    assert [words[0] for words in calls("deploy")] == ["deploy", "verify"]


@pytest.mark.parametrize("job", JOBS)
def test_every_command_exists_and_takes_its_options(job):
    assert [why for words in calls(job) if (why := refusal(words))] == []


def test_nobody_confirms_the_loss_of_data_beforehand():
    assert not [words for words in calls("deploy") if "--yes" in words]


@pytest.mark.parametrize("job", JOBS)
def test_what_strangers_write_never_becomes_part_of_a_script(job):
    assert not [step for step in steps(job) if "${{" in step.get("run", "")]
