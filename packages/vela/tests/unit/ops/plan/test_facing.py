"""What the planners are told follows from the facts, as the doctor says it does."""

from dataclasses import replace

import pytest
from unit.ops.healthy import HEALTHY, PLANNED

from vela.ops.checks.table import preflight
from vela.ops.facts.bootstrap import NEEDED, Bootstrap
from vela.ops.plan.facing import situation

PLANNABLE = replace(PLANNED, templates={"DatabaseStack": {}, "ApiStack": {}, **PLANNED.templates})


@pytest.mark.parametrize("version", [None, 6, NEEDED - 1, NEEDED, NEEDED + 1])
@pytest.mark.parametrize("by_assembly", [6, NEEDED + 1])
def test_the_account_is_bootstrapped_by_the_plan_just_where_the_doctor_says_so(
    version, by_assembly
):
    planned = replace(PLANNABLE, bootstrap_needed=by_assembly)
    facts = replace(HEALTHY, planned=planned, bootstrap=Bootstrap(version=version))

    said = {finding.id for finding in preflight(facts)} & {"bootstrap-absent", "bootstrap-too-old"}

    assert situation(facts, templates={}, holders={}).bootstrapped is not bool(said)
