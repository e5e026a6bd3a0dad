"""The doctor's screen, on which both traps of the original deployment are set.

The picture in the documentation is the one made here: ``VELA_PICTURES=1`` writes it anew.
"""

import io
import json
import os
import re
from dataclasses import replace

from conftest import PROJECT
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from unit.ops.healthy import DNS, DOMAIN, HEALTHY, HELD_BUCKET, OTHER, STACKS

from vela.cli.doctor import show
from vela.ops.checks.right import right
from vela.ops.checks.table import preflight
from vela.ops.doctor import Diagnosis
from vela.ops.facts.dns import Answer, LeadsTo
from vela.ops.facts.facts import Facts
from vela.ops.facts.retained import Holding

#: A picture that fetches no font from anywhere.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
PICTURE = PROJECT / "docs/images/doctor.svg"
TRAPPED = replace(
    HEALTHY,
    machine=replace(HEALTHY.machine, node=(20, 20, 2)),
    retained=(replace(HELD_BUCKET, state=Holding.ORPHANED, owner=None, objects=212),),
    dns=replace(
        DNS,
        leads_to=LeadsTo.OTHER_DISTRIBUTION,
        distribution=OTHER,
        answer=Answer(name=DOMAIN, chain=(OTHER,)),
    ),
    stacks={
        **STACKS,
        "ApiStack": replace(
            STACKS["ApiStack"],
            status="UPDATE_ROLLBACK_FAILED",
            status_reason="The following resource(s) failed to update: [ApiFunction6BF808ED]",
        ),
    },
)


def diagnosis(facts: Facts) -> Diagnosis:
    findings = preflight(facts)
    seen = tuple(right(facts, findings))
    return Diagnosis(facts=facts, findings=findings, right=seen, calls=14, repeated=())


def screen(facts: Facts, *, width: int = 108) -> Console:
    console = Console(
        record=True, width=width, file=io.StringIO(), force_terminal=True, highlight=False
    )
    console.print(show(diagnosis(facts), seconds=1.1))
    return console


def text(facts: Facts, *, width: int = 108) -> str:
    return screen(facts, width=width).export_text()


def test_blocked_findings_come_first_each_with_why_and_what_to_do():
    lines = [line.strip() for line in text(TRAPPED).splitlines()]
    headings = [line.split()[1] for line in lines if line[:2] in {"✗ ", "! ", "i "}]

    assert headings == ["blocked", "warning", "warning", "warning"]
    assert sum(line.startswith("why ") for line in lines) == 4
    assert sum(line.startswith("do ") for line in lines) == 4


def test_what_is_right_is_one_line_a_subject_and_what_is_wrong_is_not_there():
    shown = text(TRAPPED).partition("Looked at and found right")[2]

    assert "Certificate" in shown
    assert "CDK bootstrap" in shown
    assert "Fixed names" not in shown
    assert "Stacks" not in shown


def test_the_verdict_counts_what_blocks():
    assert "Blocked by 1 finding (14 read-only calls, 1.1 s)" in text(TRAPPED)
    assert "Nothing stands in the way" in text(HEALTHY)
    assert "Can be deployed, with 1 warning" in text(
        replace(HEALTHY, machine=replace(HEALTHY.machine, node=(20, 1, 0)))
    )


def test_the_json_says_the_same():
    told = json.loads(json.dumps(diagnosis(TRAPPED).as_json()))

    severities = [finding["severity"] for finding in told["findings"]]
    assert told["exit_code"] == 2
    assert severities == ["blocked", "warning", "warning", "warning"]


def test_a_narrow_terminal_loses_no_word():
    wide, narrow = text(TRAPPED, width=200), text(TRAPPED, width=60)

    assert "".join(narrow.split()) == "".join(wide.split())


def test_the_picture_in_the_documentation_is_this_screen():
    picture = screen(TRAPPED).export_svg(
        title="vela doctor",
        theme=MONOKAI,
        unique_id="doctor",
        code_format=FORMAT,
    )
    if os.environ.get("VELA_PICTURES"):
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_text(picture, encoding="utf-8")

    assert PICTURE.read_text(encoding="utf-8") == picture
