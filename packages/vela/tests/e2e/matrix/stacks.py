"""Stacks that are stuck, or busy until somebody's operation has ended; and CDK's own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import yaml
from e2e.accounts import QUICK, Account
from e2e.matrix.state import Set, Told


def stack(name: str, status: str) -> Set:
    """A stack in a status; the block's end restores it, unless a command has brought it out of it."""

    @contextmanager
    def set_(account: Account) -> Iterator[None]:
        before = account.statuses().get(name)
        account.put_status(name, status)
        yield
        if account.statuses().get(name) != status:
            return
        account.put_status(name, before or "CREATE_COMPLETE")
        if before is None:
            account.remove(name)

    return set_


def busy(name: str, status: str, *, ends: str) -> Set:
    """A stack that is being changed by nobody any more; time brings the operation to its end."""

    def end(account: Account, over: Event) -> None:
        over.wait(1.0)
        if account.statuses().get(name) == status:
            account.put_status(name, ends)

    @contextmanager
    def set_(account: Account) -> Iterator[Told]:
        with stack(name, status)(account):
            yield Told(meanwhile=end)

    return set_


@contextmanager
def never_bootstrapped(account: Account) -> Iterator[None]:
    """CDK's stack was deleted, and its bucket with it."""
    if "CDKToolkit" in _names(account):
        account.remove("CDKToolkit")
        _forget_assets(account)
    yield


@contextmanager
def bootstrap_deleted(account: Account) -> Iterator[None]:
    """CDK's stack was deleted; its bucket outlived it, as by default, until a person deletes it."""
    account.remove("CDKToolkit")
    yield
    if _names(account) - {"CDKToolkit"} == set():
        _forget_assets(account)


def _forget_assets(account: Account) -> None:
    s3 = account.client("s3")
    name = f"cdk-hnb659fds-assets-{account.running.account_id}-{account.running.region}"
    for held in s3.list_object_versions(Bucket=name).get("Versions", []):
        s3.delete_object(Bucket=name, Key=held["Key"], VersionId=held["VersionId"])
    s3.delete_bucket(Bucket=name)


def _names(account: Account) -> set[str]:
    described = account.client("cloudformation").describe_stacks()["Stacks"]
    return {found["StackName"] for found in described}


@contextmanager
def old_bootstrap(account: Account) -> Iterator[None]:
    """CDK's stack is of an older version than is needed."""
    cloudformation = account.client("cloudformation")
    body = cloudformation.get_template(StackName="CDKToolkit", TemplateStage="Original")
    template = yaml.safe_load(body["TemplateBody"])
    template["Resources"]["CdkBootstrapVersion"]["Properties"]["Value"] = "21"
    described = cloudformation.describe_stacks(StackName="CDKToolkit")["Stacks"][0]
    cloudformation.update_stack(
        StackName="CDKToolkit",
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": p["ParameterKey"], "UsePreviousValue": True}
            for p in described.get("Parameters", [])
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    waiter = cloudformation.get_waiter("stack_update_complete")
    waiter.wait(StackName="CDKToolkit", WaiterConfig=QUICK)
    yield
