"""Where a lifecycle command works: this machine's cloud or an AWS account.

Law: the one place that turns ``--target`` and ``--context`` into clients and the CDK CLI's environment.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vela.errors import MachineError, SettingsError
from vela.local import LocalCloud, LocalSettings
from vela.ops.account import REGION, Account
from vela.ops.aws import Aws
from vela.ops.cdk import Cdk
from vela.ops.facts.dns import Resolver, Zones
from vela.ops.facts.resolver import InternetResolver, ZoneResolver
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

    """

    target: Target
    settings: LocalSettings
    environment: Mapping[str, str]
    aws: Aws
    context: Mapping[str, str]

    @classmethod
    def of(
        cls, settings: LocalSettings, *, target: Target, context: Mapping[str, str]
    ) -> "Surroundings":
        """Find the target; the local one must run."""
        environment: Mapping[str, str] = dict(os.environ)
        pointing: Mapping[str, str] = {}
        if target is Target.LOCAL:
            if (running := LocalCloud(settings).status().running) is None:
                raise MachineError("the local cloud does not run", "Start it: `make up`")
            environment, pointing = running.environment_over(os.environ), running.environment
        return cls(
            target=target,
            settings=settings,
            environment=environment,
            aws=Aws(Account(environment=pointing)),
            context=context,
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

    def resolver(self, aws: Aws, zones: Zones) -> Resolver:
        """Give who answers for names: locally the hosted zones are all there is of the Internet."""
        return ZoneResolver(aws, zones) if self.target is Target.LOCAL else InternetResolver()


def context_of(pairs: Sequence[str], **options: str | None) -> dict[str, str]:
    """Read ``name=value`` texts and put the *options* that were given over them."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise SettingsError(f"--context is {pair!r}", "Give it as name=value")
        found[name] = value
    return found | {name: value for name, value in options.items() if value is not None}
