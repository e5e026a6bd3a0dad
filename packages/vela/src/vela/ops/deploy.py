"""Brings the three stacks up, by CDK alone.

Law: facts are read from CloudFormation; each step is skipped when there is nothing to do, so that
running it again is cheap and an interrupted run simply goes on.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from vela.ops.account import REGION, Account
from vela.ops.cdk import Cdk, Progress

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


class Steps(Protocol):
    """Shows what is being done; the command line has one for people."""

    def step(self, doing: str, done: str) -> AbstractContextManager[Progress]:
        """Run a block as one step."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One checkout deployed to one account.

    Args:
        account: Where API calls go.
        account_id: The account's twelve digits.
        cdk: The CDK CLI pointed at the same account.
        arguments: What this target adds to ``cdk deploy``.

    """

    account: Account
    account_id: str
    cdk: Cdk
    arguments: tuple[str, ...] = ()

    def run(self, steps: Steps) -> None:
        """Synthesise, bootstrap and deploy whatever is not so yet."""
        with steps.step("synthesising the stacks", "stacks synthesised") as news:
            self.cdk.synth(news)
        if not bootstrapped(self.account.cloudformation()):
            with steps.step("bootstrapping the account", "account bootstrapped") as news:
                self.cdk.bootstrap(self.account_id, REGION, news)
        with steps.step("deploying", "DatabaseStack, ApiStack and VelaStack deployed") as news:
            self.cdk.deploy(news, arguments=self.arguments)


def bootstrapped(cloudformation: "CloudFormationClient") -> bool:
    """Tell whether CDK's own stack is complete in the account."""
    pages = cloudformation.get_paginator("list_stacks").paginate(
        StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"]
    )
    return any(s["StackName"] == "CDKToolkit" for page in pages for s in page["StackSummaries"])
