"""The local cloud's own switches are for those who know the secret of this run."""

import json
import re
from pathlib import Path


def test_nothing_is_switched_without_the_secret(control):
    for wrong in ("", "Bearer", control.running.secret_access_key):
        status, answer = control.ask(
            "PUT", "/stacks/any/status", {"status": "CREATE_COMPLETE"}, secret=wrong
        )

        assert (status, "secret" in answer["message"]) == (401, True)


def test_a_route_that_does_not_exist_says_so(control):
    status, answer = control.ask("PUT", "/none", {})

    assert (status, answer) == (404, {"message": "There is no route PUT /_vela/none"})


def test_a_request_that_does_not_fit_changes_nothing(aws, control, fresh):
    stack = fresh()

    misnamed = control.ask("PUT", f"/stacks/{stack}/status", {"status": "BROKEN"})
    empty = control.ask("PUT", f"/stacks/{stack}/status", {})

    assert (misnamed[0], empty[0]) == (400, 400)
    assert "BROKEN" in misnamed[1]["message"]
    found = aws.client("cloudformation").list_stacks()["StackSummaries"]
    assert stack not in {summary["StackName"] for summary in found}


def test_the_secret_is_kept_from_other_users(new_home):
    home = new_home()
    cloud = home.cloud
    try:
        running = cloud.start(lambda _news: None)
        ready = home.settings.run / "emulator.json"

        assert json.loads(ready.read_text())["control_secret"] == running.control_secret
        assert ready.stat().st_mode & 0o077 == 0
        assert len(running.control_secret) == 64
    finally:
        cloud.purge()


def test_the_reference_page_lists_every_route_and_no_other(control):
    page = (Path(__file__).parents[6] / "docs/reference/local-control.md").read_text()

    status, answer = control.ask("GET", "/")

    assert status == 200
    documented = re.findall(r"^\| `((?:GET|PUT|DELETE) [^`]+)`", page, re.MULTILINE)
    assert sorted(documented) == sorted(answer["routes"])
