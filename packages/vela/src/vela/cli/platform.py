"""The platform as a whole: up, down, status, health.

Law: composes ``local`` (the processes) with ``ops`` (deploy, health); holds no rule of its own.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from vela.cli import screen
from vela.cli.screen import Steps
from vela.errors import MachineError
from vela.local import LocalCloud, LocalSettings, Running
from vela.ops import health as health_check
from vela.ops.account import Account
from vela.ops.cdk import Cdk
from vela.ops.deploy import Deployment
from vela.ops.health import Summary
from vela.ops.outputs import Outputs, read
from vela.ops.target import Target

#: A platform that answers less often than this is not called healthy.
REQUIRED_SHARE = 0.99


def up(settings: LocalSettings, *, count: int, as_json: bool) -> None:
    """Start, deploy, check health."""
    screen.err.print("[bold]Vela[/bold] on this machine")
    steps = Steps()
    with _started(LocalCloud(settings), steps) as running:
        account = Account(environment=running.environment)
        _deployment(settings, running, account).run(steps)
        outputs = read(account.cloudformation()).at(running.url_here)
        with steps.step("checking health", f"health-check called {count} times"):
            summary = _check(account, outputs, count=count).require(REQUIRED_SHARE)
    if as_json:
        screen.json({"health": summary.as_json(), "outputs": outputs.as_json()})
    else:
        screen.welcome(summary, outputs, logs=settings.logs)


def down(settings: LocalSettings, *, purge: bool) -> None:
    """Stop what runs; forget the data if asked to."""
    cloud = LocalCloud(settings)
    stopped = cloud.stop()
    if purge:
        cloud.purge()
    told = "Stopped" if stopped else "Nothing was running"
    screen.line(f"{told}; {'its data are gone' if purge else 'its data stay'}.")


def status(settings: LocalSettings, *, as_json: bool) -> None:
    """Tell what runs and where it is found."""
    found = LocalCloud(settings).status()
    outputs = _outputs(found.running) if found.running else None
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
        screen.status(found.running, outputs, logs=settings.logs)


def health(settings: LocalSettings, *, count: int, target: Target | None, as_json: bool) -> None:
    """Call the deployed health-check; fail when it answers too seldom."""
    here = None if target is Target.AWS else LocalCloud(settings).status().running
    if target is Target.LOCAL and here is None:
        raise _not_running()
    account = Account(environment=here.environment if here else {})
    outputs = _outputs(here) if here else read(account.cloudformation())
    summary = _check(account, outputs, count=count)
    if as_json:
        screen.json(summary.as_json())
    else:
        screen.health(summary)
    summary.require(REQUIRED_SHARE)


def environment(settings: LocalSettings) -> Mapping[str, str]:
    """Give the variables that point AWS clients at the local cloud."""
    running = LocalCloud(settings).status().running
    if running is None:
        raise _not_running()
    return running.environment


@contextmanager
def _started(cloud: LocalCloud, steps: Steps) -> Iterator[Running]:
    """Lend a running local cloud; if the block fails, what this call has started is stopped."""
    with ExitStack() as stack:
        with steps.step("starting the local cloud", "local cloud started") as news:
            running = stack.enter_context(cloud.starting(news))
        for notice in running.notices:
            screen.notice(notice)
        yield running


def _deployment(settings: LocalSettings, running: Running, account: Account) -> Deployment:
    return Deployment(
        account=account,
        account_id=running.account_id,
        cdk=Cdk(
            project=settings.root,
            assembly=settings.data / "cdk.out",
            environment={**running.environment_over(os.environ), "VELA_LAMBDA_TARGET": "host"},
            log=settings.logs / "cdk.log",
        ),
        # With change sets the emulator drops a change in outputs alone.
        arguments=("--method=direct",),
    )


def _check(account: Account, outputs: Outputs, *, count: int) -> Summary:
    secret = health_check.internal_secret(account, outputs.secret_arn)
    answers = list(health_check.call(outputs.website_url, count=count, secret=secret))
    return health_check.summarise(outputs.website_url, answers, detailed=secret is not None)


def _not_running() -> MachineError:
    return MachineError("the local cloud does not run", "Start it: `make up`")


def _outputs(running: Running) -> Outputs:
    account = Account(environment=running.environment)
    return read(account.cloudformation()).at(running.url_here)
