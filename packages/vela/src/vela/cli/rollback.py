"""``vela rollback``: back to the assembly that was deployed before.

Law: shows what that changes, and asks where data would be lost; then the same path as a deployment.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vela.cli import plan as plan_command
from vela.cli import screen
from vela.cli.deploy import conclude
from vela.cli.lifecycle import confirm, ground, require_unblocked
from vela.errors import NothingBefore
from vela.local import LocalSettings
from vela.ops.aws import Aws
from vela.ops.execute.earlier import go_back
from vela.ops.facts.facts import Facts
from vela.ops.facts.unknown import Unknown
from vela.ops.plan.deploying import busy
from vela.ops.plan.history import earlier, last_changes, plan_rollback, read
from vela.ops.target import Target

BOOTSTRAP_STACK = "CDKToolkit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackCommand:
    """What the user said."""

    target: Target
    context: Mapping[str, str]
    count: int = 100
    yes: bool = False
    dry_run: bool = False
    as_json: bool = False


def rollback(settings: LocalSettings, command: RollbackCommand) -> None:
    """Take the last deployment's stacks back to what they were before it."""
    with ground(
        settings, target=command.target, context=command.context, command="vela rollback"
    ) as at:
        diagnosis, situation = at.looked()
        require_unblocked(busy(situation))
        aws = Aws(at.surroundings.aws.account)
        back = earlier(situation, read(aws, _assets_bucket(diagnosis.facts)), last_changes(aws))
        planned = plan_rollback(situation, back)
        if command.as_json and command.dry_run:
            screen.json(plan_command.as_document(planned))
            return
        plan_command.show(planned, aside=command.as_json)
        if command.dry_run:
            return
        if planned.data_at_risk:
            lost = ", ".join(c.detail or c.logical_id for c in planned.data_at_risk)
            confirm(f"the data of {lost} will be lost", "lose data", yes=command.yes, show=at.show)
        go_back(at.means(diagnosis.facts.identity.account or "", count=command.count), back)
        verified = at.verified(count=command.count)
    conclude(verified, settings, as_json=command.as_json)


def _assets_bucket(facts: Facts) -> str:
    stacks = {} if isinstance(facts.stacks, Unknown) else facts.stacks
    toolkit = stacks.get(BOOTSTRAP_STACK)
    if toolkit is None or not (bucket := toolkit.outputs.get("BucketName")):
        raise NothingBefore("the account has no assets bucket of CDK's", "Run `vela deploy`")
    return bucket
