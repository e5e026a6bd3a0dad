"""Reads what the planners need beside the facts: the templates that are deployed.

Law: one call a stack, at once for all; a refused call is an error that names the permission.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from vela.errors import PlanImpossible
from vela.ops.aws import Aws
from vela.ops.execute.holder import holder
from vela.ops.facts.facts import Facts
from vela.ops.facts.stacks import StackFact
from vela.ops.facts.unknown import Unknown
from vela.ops.plan.facing import situation
from vela.ops.plan.situation import STACKS, Situation, Template
from vela.ops.refusals import known

#: A deleted or empty stack has none.
WITHOUT = frozenset({"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"})


def look(aws: Aws, facts: Facts, *, me: str | None) -> Situation:
    """Put together what the planners may know.

    Args:
        aws: Where to ask.
        facts: As gathered.
        me: Who this is in a change set's name; None where nobody else can be at work.

    """
    stacks = {} if isinstance(facts.stacks, Unknown) else facts.stacks
    ours = [stacks[name] for name in STACKS if name in stacks]
    with ThreadPoolExecutor(max_workers=len(STACKS)) as pool:
        templates = dict(pool.map(lambda stack: _template(aws, stack), ours))
    holders = {s.name: holder(aws.cloudformation, s.name, s.status) for s in ours if s.busy}
    mine = me is None or all(f" by {me} " in told for told in holders.values())
    return situation(facts, templates=templates, holders=holders, mine=mine)


def _template(aws: Aws, stack: StackFact) -> tuple[str, Template]:
    if stack.status in WITHOUT:
        return stack.name, {}
    told = known(
        "cloudformation:GetTemplate",
        lambda: aws.cloudformation.get_template(StackName=stack.name, TemplateStage="Original"),
    )
    if isinstance(told, Unknown):
        raise PlanImpossible(
            f"the template of {stack.name} is not known: {told.reason}",
            f"{told.remedy}, then run it again",
        )
    return stack.name, parsed(told["TemplateBody"])


def parsed(body: str | Mapping[str, Any]) -> Template:
    """Read a template: boto3 has parsed JSON already, and leaves YAML alone."""
    if not isinstance(body, str):
        return body
    try:
        found: Template = json.loads(body)
    except ValueError:
        return {}  # not ours: CDK writes JSON
    return found
