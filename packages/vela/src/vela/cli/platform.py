"""The platform as a whole: up, down, status, health.

Law: composes ``local`` (the processes) with ``ops`` (deploy, health); holds no rule of its own.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from rich.text import Text

from vela.cli import screen
from vela.cli.deploy import DeployOptions, deploy
from vela.cli.psql import become_psql
from vela.errors import DeployFailed, MachineError
from vela.local import LocalCloud, LocalSettings, Running
from vela.ops import health as health_check
from vela.ops.account import Account
from vela.ops.health import Summary
from vela.ops.outputs import Outputs, read
from vela.ops.target import Target
from vela.ops.verify.verification import REQUIRED_SHARE


def up(settings: LocalSettings, *, count: int, as_json: bool) -> None:
    """Start, deploy, check health. What is deployed but unhealthy is left running, to be looked at."""
    screen.err.print(Text.assemble(("Vela", "bold"), " on this machine"))
    options = DeployOptions(target=Target.LOCAL, context={}, count=count, as_json=as_json)
    deploy(settings, options, command="vela up")


def down(settings: LocalSettings, *, purge: bool) -> None:
    """Stop what runs; forget the data if asked to."""
    cloud = LocalCloud(settings)
    stopped = cloud.stop()
    foreign = cloud.purge() if purge else ()
    told = "Stopped" if stopped else "Nothing was running"
    screen.line(f"{told}; {'its data are gone' if purge else 'its data stay'}.")
    for path in foreign:
        screen.notice(f"{path} is not Vela's and was left")


def status(settings: LocalSettings, *, as_json: bool) -> None:
    """Tell what runs and where it is found."""
    found = LocalCloud(settings).status()
    outputs = _outputs_so_far(found.running) if found.running else None
    if as_json:
        screen.json(
            {
                "running": found.running is not None,
                "emulator_pid": found.emulator_pid,
                "dsql_pid": found.dsql_pid,
                "logs": str(settings.logs),
                "outputs": outputs.as_json() if outputs else None,
            }
        )
    else:
        screen.status(found, outputs, logs=settings.logs)


def health(settings: LocalSettings, *, count: int, target: Target | None, as_json: bool) -> None:
    """Call the deployed health-check; fail when it answers too seldom."""
    here = None if target is Target.AWS else LocalCloud(settings).status().running
    # Who has a platform here and stopped it does not mean the account that credentials lead to.
    meant_here = target is Target.LOCAL or (target is None and settings.data.exists())
    if here is None and meant_here:
        raise _not_running()
    account = Account(environment=here.environment if here else {})
    outputs = _outputs(here) if here else read(account)
    summary = _check(account, outputs, count=count)
    if as_json:
        screen.json(summary.as_json())
    else:
        screen.health(summary)
    summary.require(REQUIRED_SHARE)


def environment(settings: LocalSettings) -> Mapping[str, str]:
    """Give the variables that point AWS clients at the local cloud."""
    return _running(settings).environment


def psql(settings: LocalSettings, arguments: Sequence[str]) -> NoReturn:
    """Become a shell on the local cluster."""
    running = _running(settings)
    become_psql(running, _outputs(running).cluster_endpoint, arguments)


def _check(account: Account, outputs: Outputs, *, count: int) -> Summary:
    secret = health_check.internal_secret(account, outputs.secret_arn)
    answers = list(health_check.call(outputs.website_url, count=count, secret=secret))
    return health_check.summarise(outputs.website_url, answers, detailed=secret is not None)


def _running(settings: LocalSettings) -> Running:
    running = LocalCloud(settings).status().running
    if running is None:
        raise _not_running()
    return running


def _not_running() -> MachineError:
    return MachineError(
        "the local cloud does not run", "Start it: `make up`; for AWS, add `--target aws`"
    )


def _outputs_so_far(running: Running) -> Outputs | None:
    """Give the outputs, or None while the stacks are still being deployed."""
    with suppress(DeployFailed):
        return _outputs(running)
    return None


def _outputs(running: Running) -> Outputs:
    account = Account(environment=running.environment)
    return read(account).at(running.url_here)
