"""The commands as a user runs them, whole, in this process: real CDK CLI, real local cloud.

The one thing put in place is who is signed in: on this machine that is always root.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import pytest
from e2e.accounts import Account, ignore
from e2e.matrix.state import NOTHING, Ending, Told

from vela.cli import doctor as doctor_command
from vela.cli import screen
from vela.cli.deploy import DeployOptions, deploy
from vela.cli.destroy import DestroyCommand, destroy
from vela.cli.lifecycle import here
from vela.cli.surroundings import Surroundings
from vela.errors import VelaError
from vela.ops.account import Account as Credentials
from vela.ops.aws import Aws
from vela.ops.doctor import diagnose
from vela.ops.plan.deploying import plan_deploy
from vela.ops.plan.destroying import DestroyOptions
from vela.ops.plan.steps import Plan
from vela.ops.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The commands on one account, told one thing."""

    account: Account
    told: Told = NOTHING

    def doctor(self) -> frozenset[str]:
        """Every finding's id, shown as a person sees it; no call is made twice."""
        with signed_in(self.told):
            around = Surroundings.of(
                self.account.settings, target=Target.LOCAL, context=self.told.context
            )
            diagnosis = diagnose(around.aws, around.inquiry(ignore))
        screen.out.print(doctor_command.show(diagnosis, seconds=0.0))
        assert diagnosis.repeated == ()
        return frozenset(finding.id for finding in diagnosis.findings) - {"node-ended"}

    def plan(self) -> Plan:
        with signed_in(self.told):
            at = here(
                self.account.settings,
                target=Target.LOCAL,
                context=self.told.context,
                show=screen.Steps(),
            )
            _diagnosis, situation = at.looked()
        return plan_deploy(situation)

    def deploy(self) -> VelaError | None:
        """Deploy and verify; give the error it ended with."""
        options = DeployOptions(target=Target.LOCAL, context=self.told.context, count=5, yes=True)
        return self._ended(lambda: deploy(self.account.settings, options, command="vela deploy"))

    def destroy(self, options: DestroyOptions | None = None) -> VelaError | None:
        """Destroy; give the error it ended with."""
        command = DestroyCommand(
            target=Target.LOCAL,
            context=self.told.context,
            options=options or DestroyOptions(),
            yes=True,
        )
        return self._ended(lambda: destroy(self.account.settings, command))

    def _ended(self, run: Callable[[], object]) -> VelaError | None:
        with signed_in(self.told), helped(self.account, self.told):
            try:
                run()
            except VelaError as error:
                screen.failure(error)
                return error
        return None


@contextmanager
def signed_in(told: Told) -> Iterator[None]:
    """Let this process act for the block by the told credentials, as the AWS variables would."""
    original = Surroundings.of

    def of(*arguments: Any, **named: Any) -> Surroundings:
        found = original(*arguments, **named)
        account = Credentials(environment={**found.aws.account.environment, **told.credentials})
        environment = {**found.environment, **told.credentials}
        return replace(found, environment=environment, aws=Aws(account))

    with pytest.MonkeyPatch.context() as patch:
        if told.credentials:
            patch.setattr(Surroundings, "of", of)
        yield


@contextmanager
def helped(account: Account, told: Told) -> Iterator[None]:
    """Let what happens meanwhile happen; what goes wrong in it is raised here."""
    if told.meanwhile is None:
        yield
        return
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(told.meanwhile, account, over)
        try:
            yield
        finally:
            over.set()
    acting.result()


def require(error: VelaError | None, expected: Ending) -> None:
    """The command has ended as it was to."""
    ended = f"{error.code} {error}" if error else "well"
    if not expected.code:
        assert error is None, ended
        return
    assert error is not None, ended
    assert error.code == expected.code, ended
    assert expected.says in str(error), ended
    assert error.fix, ended
