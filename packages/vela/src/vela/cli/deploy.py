"""``vela deploy``: look, plan, say what stands in the way, do it, prove that it works.

Law: runs exactly the plan that ``vela plan`` shows. Whatever interrupts it, the next run goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from vela.cli import plan as plan_command
from vela.cli import screen
from vela.cli.lifecycle import (
    Ground,
    Verified,
    confirm,
    ground,
    history,
    require_unblocked,
    who,
)
from vela.errors import Blocked, DeployFailed
from vela.local import LocalSettings
from vela.ops.checks.domain import LEAVING
from vela.ops.execute.executor import run
from vela.ops.execute.naming import of_deployment
from vela.ops.facts.clusters import Protection
from vela.ops.facts.unknown import Unknown
from vela.ops.findings import Finding, Severity
from vela.ops.plan.deploying import plan_deploy
from vela.ops.plan.situation import DATABASE, Situation, protects_data
from vela.ops.plan.steps import EmptyBucket, Plan, Verify
from vela.ops.target import Target

#: How often the way may have to be cleared before a deployment: each stack once, and once more.
ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployOptions:
    """What the user said."""

    target: Target
    context: Mapping[str, str]
    count: int = 100
    purge_web_bucket: bool = False
    yes: bool = False
    as_json: bool = False


def deploy(settings: LocalSettings, options: DeployOptions, *, command: str) -> None:
    """Bring the target to what is wanted, and show where it is found."""
    with ground(
        settings, target=options.target, context=options.context, command=command, start=True
    ) as at:
        converge(at, options)
        verified = at.verified(count=options.count)
    # Outside: what is deployed but does not work is left running, to be looked at.
    conclude(verified, settings, as_json=options.as_json)


def conclude(verified: Verified, settings: LocalSettings, *, as_json: bool) -> None:
    """Show where the platform is, or what of it does not work, which is then an error."""
    report, outputs = verified.report, verified.outputs
    if as_json:
        document = {"health": report.health.as_json(), "outputs": outputs.as_json()}
        screen.json({**document, "verification": report.as_json()})
    elif report.passed:
        for check in report.unmade:
            screen.notice(f"not looked at: {check.title}: {check.seen}. {check.evidence[0]}.")
        screen.welcome(report, outputs, logs=settings.logs, page=verified.file)
    else:
        screen.verification(report, page=verified.file)
    verified.require()


def converge(at: Ground, options: DeployOptions) -> None:
    """Plan and do, anew as long as only the way was cleared."""
    for _ in range(ROUNDS):
        diagnosis, situation = at.looked()
        planned = plan_deploy(situation, purge_web_bucket=options.purge_web_bucket)
        findings = plan_command.unmended(planned, diagnosis.findings)
        require_unblocked(findings)
        _tell(at, planned, findings, aside=options.as_json)
        _confirm(at, planned, findings, yes=options.yes)
        protection = protecting(diagnosis.facts.protection, situation)
        confirm_unprotecting(at, protection, yes=options.yes)
        naming = of_deployment(
            situation, history(diagnosis, situation), who=who(), when=datetime.now(UTC)
        )
        account = diagnosis.facts.identity.account or ""
        means = at.means(account, naming=naming, count=options.count)
        steps = planned.steps[: planned.clearing] if planned.clearing else planned.steps
        run(means, tuple(step for step in steps if not isinstance(step, Verify)))
        if not planned.clearing:
            return
    raise DeployFailed(
        f"the way was cleared {ROUNDS} times, and still something stands in it",
        "Run `vela plan` to see what it is",
    )


def _tell(at: Ground, planned: Plan, findings: tuple[Finding, ...], *, aside: bool) -> None:
    """Say beforehand what a person should know: every warning, and the plan if anything is lost."""
    for finding in findings:
        if finding.severity is Severity.WARNING:
            at.show.notice(f"{finding.what}. {finding.fix}.")
    if planned.data_at_risk:
        plan_command.show(planned, aside=aside)


def _confirm(at: Ground, planned: Plan, findings: tuple[Finding, ...], *, yes: bool) -> None:
    for finding in findings:
        if finding.id == LEAVING:
            confirm(finding.what, "take it off", yes=yes, show=at.show)
    for step in planned.steps:
        if isinstance(step, EmptyBucket):
            confirm(f"{step.title}, for good", step.bucket, yes=yes, show=at.show)
    if lost := planned.data_at_risk:
        names = ", ".join(change.detail or change.logical_id for change in lost)
        confirm(f"the data of {names} will be lost", "lose data", yes=yes, show=at.show)


def protecting(told: Protection | Unknown, situation: Situation) -> Protection:
    """Give what the service says of the cluster's protection, else what its templates say."""
    if not isinstance(told, Unknown):
        return told
    now, planned = situation.template(DATABASE), situation.wanted[DATABASE]
    return Protection(now=protects_data(now), planned=protects_data(planned))


def confirm_unprotecting(at: Ground, protection: Protection, *, yes: bool) -> None:
    """Lift the cluster's protection only for a stage that was named, and confirmed."""
    if not protection.now or protection.planned is not False:
        return
    if "stage" not in at.surroundings.context:
        raise Blocked(
            "the deployed cluster refuses deletion, and no stage is named: that would lift it",
            "Add --stage production, as before; or --stage development, if the protection is to go. "
            "Nothing was changed",
        )
    what = "the cluster refuses deletion, and --stage development lifts that"
    confirm(what, "lift protection", yes=yes, show=at.show)
