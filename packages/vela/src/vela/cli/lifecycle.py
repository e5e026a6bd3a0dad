"""What ``plan``, ``deploy``, ``destroy`` and ``rollback`` have in common.

Law: composes ``ops`` with a target and a screen; holds no rule of its own.
"""

import getpass
import platform
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vela.cli import screen
from vela.cli.screen import Steps
from vela.cli.surroundings import Surroundings
from vela.errors import Blocked, NotConfirmed
from vela.local import LocalCloud, LocalSettings, Running
from vela.local.lock import exclusive
from vela.ops.account import REGION
from vela.ops.aws import Aws
from vela.ops.doctor import Diagnosis, diagnose
from vela.ops.execute.means import Means, Patience
from vela.ops.execute.naming import Naming
from vela.ops.facts.unknown import Unknown
from vela.ops.findings import Finding, Severity
from vela.ops.outputs import Outputs
from vela.ops.plan.change_set import whom
from vela.ops.plan.history import Changes, last_changes
from vela.ops.plan.looking import look
from vela.ops.plan.situation import Situation
from vela.ops.target import Target
from vela.ops.verify.files import write
from vela.ops.verify.report import Report
from vela.ops.verify.verification import Asked, verify

#: On this machine nothing takes long but what a person has to do.
HERE = Patience(interfaces_s=30, drift_s=30, leftovers_s=5, alias_s=60, pause_s=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a verification found, where the platform is, and the report for people."""

    report: Report
    outputs: Outputs
    file: Path

    def require(self) -> "Verified":
        """Return itself, or fail with the first check that failed."""
        self.report.require()
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a command works, and who shows what it does.

    Attributes:
        surroundings: The target.
        running: The local cloud; None on AWS.
        show: The screen.

    """

    surroundings: Surroundings
    running: Running | None
    show: Steps

    def looked(self) -> tuple[Diagnosis, Situation]:
        """Gather every fact once, check them, and read what is deployed."""
        surroundings = self.surroundings
        aws = Aws(
            surroundings.aws.account
        )  # its own record: what is looked at anew is not repeated
        with self.show.step("looking at the account", "account looked at") as news:
            diagnosis = diagnose(aws, surroundings.inquiry(news))
            # On this machine's cloud the lock is the proof that nobody else is at work.
            me = None if self.running else who()
            return diagnosis, look(aws, diagnosis.facts, me=me)

    def means(self, account: str, *, naming: Naming, count: int) -> Means:
        """Give a plan's steps what they work with."""
        surroundings = self.surroundings
        local = surroundings.target is Target.LOCAL
        aws = Aws(surroundings.aws.account)
        return Means(
            aws=aws,
            cdk=surroundings.cdk(account),
            account=account,
            region=REGION,
            resolving=surroundings.resolver,
            show=self.show,
            verify=lambda: self.verified(count=count).require(),
            naming=naming,
            clock=time.monotonic,
            sleep=time.sleep,
            patience=HERE if local else Patience(),
        )

    def verified(self, *, count: int, directory: Path | None = None) -> Verified:
        """Prove that the platform works; the report is written whether it does or not.

        Args:
            count: How often the health-check is called.
            directory: Where the report goes; the target's own by default.

        """
        with self.show.step("verifying", "every check made") as news:
            asked = Asked(
                target=self.surroundings.target,
                count=count,
                at=datetime.now(UTC),
                address=self.running.url_here if self.running else None,
            )
            report, outputs = verify(Aws(self.surroundings.aws.account), asked, news)
            file = write(report, directory or self.reports)
        return Verified(report=report, outputs=outputs, file=file)

    @property
    def reports(self) -> Path:
        """Where the target's reports are kept."""
        return self.surroundings.settings.directory / "reports" / self.surroundings.target.value


@contextmanager
def ground(
    settings: LocalSettings,
    *,
    target: Target,
    context: Mapping[str, str],
    command: str,
    start: bool = False,
) -> Iterator[Ground]:
    """Hold the target for the block, alone on this machine; start the local one if *start*.

    If the block fails, a local cloud that this call has started is stopped again.
    """
    show = Steps()
    with ExitStack() as stack:
        match target:
            case Target.LOCAL if start:
                with show.step("starting the local cloud", "local cloud started") as news:
                    cloud = LocalCloud(settings).starting(news, command=command)
                    running = stack.enter_context(cloud)
                for notice in running.notices:
                    show.notice(notice)
            case Target.LOCAL:
                stack.enter_context(exclusive(settings.run / "lock", command=command))
            case Target.AWS:
                lock = settings.run / "aws.lock"
                stack.enter_context(exclusive(lock, command=command, what="the deployment"))
        yield here(settings, target=target, context=context, show=show)


def here(
    settings: LocalSettings, *, target: Target, context: Mapping[str, str], show: Steps
) -> Ground:
    """Look at the target and hold nothing: for commands that change nothing."""
    surroundings = Surroundings.of(settings, target=target, context=context)
    local = target is Target.LOCAL
    running = LocalCloud(settings).status().running if local else None
    return Ground(surroundings=surroundings, running=running, show=show)


def require_unblocked(findings: Iterable[Finding], *, mended: frozenset[str] = frozenset()) -> None:
    """Stop where something would make the command fail or do harm.

    Args:
        findings: Of the doctor and of the planner.
        mended: Ids of the findings that the plan's own first steps deal with.

    """
    blocking = [f for f in findings if f.severity is Severity.BLOCKED and f.id not in mended]
    if blocking:
        first, more = blocking[0], len(blocking) - 1
        others = f" (and {more} more: `vela doctor` shows all)" if more else ""
        raise Blocked(f"{first.what}{others}", f"{first.fix}. Nothing was changed")


def confirm(what: str, name: str, *, yes: bool, show: Steps) -> None:
    """Go on only when a person types *name*, or a script has said yes beforehand."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmed(
            f"{what}, and nobody is there to confirm it", "Add --yes if that is meant"
        )
    show.notice(f"{what}.")
    if screen.ask(f"  Type {name} to go on: ").strip() != name:
        raise NotConfirmed(f"{what}, and it was not confirmed", "Nothing was changed")


def history(diagnosis: Diagnosis, situation: Situation) -> Changes:
    """Give how each stack was changed last."""
    stacks = diagnosis.facts.stacks
    return {} if isinstance(stacks, Unknown) else last_changes(stacks, situation)


def who() -> str:
    """Name whoever runs this, as change sets do."""
    return whom(getpass.getuser(), platform.node())
