"""Where a lifecycle command works: this machine's cloud or an AWS account.

Law: the one place that turns ``--target`` and ``--context`` into clients and the CDK CLI's environment.
"""

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from vela.errors import MachineError, SettingsError, VelaError
from vela.infra.settings import InfraSettings, host_name
from vela.local import LocalCloud, LocalSettings, Running
from vela.ops.account import REGION, Account
from vela.ops.aws import Aws
from vela.ops.cdk import Cdk, Progress
from vela.ops.facts.dns import Resolver
from vela.ops.facts.gathering import Inquiry
from vela.ops.facts.planned import Options, Planned, read
from vela.ops.facts.resolver import InternetResolver, LocalResolver
from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """One target.

    Attributes:
        target: Which.
        settings: The checkout and where its state is kept.
        environment: Of every process started: credentials, Region, endpoint.
        aws: The recorder of every call of this command.
        context: What the CDK app is told.
        running: The local cloud; None on AWS.

    """

    target: Target
    settings: LocalSettings
    environment: Mapping[str, str]
    aws: Aws
    context: Mapping[str, str]
    running: Running | None = None

    @classmethod
    def of(
        cls, settings: LocalSettings, *, target: Target, context: Mapping[str, str]
    ) -> "Surroundings":
        """Find the target; the local one must run."""
        running = LocalCloud(settings).status().running if target is Target.LOCAL else None
        if target is Target.LOCAL and running is None:
            raise MachineError("the local cloud does not run", "Start it: `make up`")
        return cls(
            target=target,
            settings=settings,
            environment=running.environment_over(os.environ) if running else dict(os.environ),
            aws=Aws(Account(environment=running.environment if running else {})),
            context=context,
            running=running,
        )

    def cdk(self, account: str) -> Cdk:
        """Give the CDK CLI pointed at *account*, with the assembly kept for it."""
        local = self.target is Target.LOCAL
        assembly = self.settings.data if local else self.settings.directory / "aws" / account
        return Cdk(
            project=self.settings.root,
            assembly=assembly / "cdk.out",
            environment={
                **self.environment,
                "CDK_DEFAULT_ACCOUNT": account,
                "CDK_DEFAULT_REGION": REGION,
                "VELA_LAMBDA_TARGET": "host" if local else "lambda",
            },
            log=self.settings.logs / "cdk.log",
        ).told(self.context)

    def resolver(self) -> Resolver:
        """Give who answers for names: locally the local cloud is all there is of the Internet."""
        if self.running is None:
            return InternetResolver()
        return LocalResolver(self.running.control_url, self.running.control_secret)

    def inquiry(self, progress: Progress, *, detect_drift: bool = False) -> Inquiry:
        """Say what facts are gathered about."""
        return Inquiry(
            target=self.target,
            project=self.settings.root,
            environment=self.environment,
            domain=host_name(self.context.get("domain")),
            certificate=self.context.get("certificate") or None,
            planning=partial(self._planned, progress),
            resolving=self.resolver,
            now=datetime.now(UTC),
            label=f"vela-{secrets.token_hex(6)}",
            sleep=time.sleep,
            detect_drift=detect_drift,
        )

    def _planned(self, progress: Progress, account: str) -> Planned | Unknown:
        """Give the kept assembly if its sources are unchanged, else a new one."""
        try:
            told = InfraSettings.parse(
                self.context, {**self.environment, "CDK_DEFAULT_ACCOUNT": account}
            )
            cdk = self.cdk(account)
            progress("synthesising the stacks …")
            fresh = cdk.synth(lambda news: progress(f"synthesising the stacks … {news}"))
            progress("looking at the account …")
            options = Options(
                stage=told.stage.value,
                domain=told.domain,
                certificate=told.certificate,
                said=frozenset(self.context),
            )
            return read(cdk.assembly, options, fresh=fresh)
        except VelaError as error:
            return Unknown(reason=error.what, action=error.fix, cause=Cause.OURS)


def context_of(pairs: Sequence[str], **options: str | None) -> dict[str, str]:
    """Read ``name=value`` texts and put the *options* that were given over them."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise SettingsError(f"--context is {pair!r}", "Give it as name=value")
        found[name] = value
    return found | {name: value for name, value in options.items() if value is not None}
