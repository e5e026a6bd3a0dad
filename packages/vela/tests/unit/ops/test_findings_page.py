"""The reference of the findings is that of the checks there are."""

import pytest
from conftest import PROJECT

from vela.ops.checks.table import CHECKS

PAGE = (PROJECT / "docs/reference/findings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_is_documented_as_it_is(check):
    assert f"| `{check.id}` | {check.severity.label} | {check.when} | {check.why} |" in PAGE


def test_the_page_holds_no_other_check():
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]

    assert len(rows) == len(CHECKS)
