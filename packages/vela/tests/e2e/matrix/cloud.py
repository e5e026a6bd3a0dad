"""A local cloud that is brought back to one of two grounds: nothing is deployed, or all is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import PROJECT
from e2e.accounts import STACKS, Account, ignore
from e2e.matrix import witness
from e2e.matrix.runs import Runs
from e2e.matrix.state import Told

from vela.cli.surroundings import Surroundings
from vela.local import LocalCloud, LocalSettings
from vela.ops.plan.destroying import DestroyOptions
from vela.ops.target import Target

ALL_OF_IT = DestroyOptions(including_data=True)


@dataclass(slots=True, kw_only=True)
class Cloud:
    """One local cloud; a test that fails in it costs a new one, and nothing else."""

    home: Path
    _account: Account | None = field(default=None)
    _context: Mapping[str, str] = field(default_factory=dict)
    _anyway: dict[bool, frozenset[str]] = field(default_factory=dict)

    @property
    def settings(self) -> LocalSettings:
        return LocalSettings.of(PROJECT, home=self.home, port=0, dsql_port=0)

    @contextmanager
    def vacant(self) -> Iterator[Account]:
        """Nothing is deployed, and nothing is left of what was."""
        with self._whole() as account:
            self._vacate(account)
            yield account

    @contextmanager
    def deployed(self) -> Iterator[Account]:
        """All is deployed, and holds something."""
        with self._whole() as account:
            if self._context:
                self._vacate(account)
            if set(account.statuses()) != set(STACKS):
                assert Runs(account=account).deploy() is None
            witness.put(account)
            yield account

    def now_told(self, told: Told) -> None:
        """Remember what the last deployment was told: its destruction is told the same."""
        self._context = told.context

    def found_anyway(self, account: Account) -> frozenset[str]:
        """What the doctor says of the ground as it is."""
        ground = bool(account.statuses())
        if ground not in self._anyway:
            self._anyway[ground] = Runs(account=account).doctor()
        return self._anyway[ground]

    def stop(self) -> None:
        LocalCloud(self.settings).purge()

    @contextmanager
    def _whole(self) -> Iterator[Account]:
        account, self._account = self._account, None
        if account is None:
            account = self._anew()
        yield account
        self._account = account  # only after a block that has not failed

    def _anew(self) -> Account:
        self.stop()
        self._context = {}
        running = LocalCloud(self.settings).start(ignore)
        return Account(settings=self.settings, running=running)

    def _vacate(self, account: Account) -> None:
        if account.statuses():
            runs = Runs(account=account, told=Told(context=self._context))
            assert runs.destroy(ALL_OF_IT) is None
        self._context = {}
        _forget_bucket(account)
        dynamodb = account.client("dynamodb")
        for name in dynamodb.list_tables()["TableNames"]:
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
            dynamodb.delete_table(TableName=name)
        _bootstrap(account)
        assert account.statuses() == {}
        assert account.client("dsql").list_clusters()["clusters"] == []


def _bootstrap(account: Account) -> None:
    described = account.client("cloudformation").describe_stacks()["Stacks"]
    if not any(stack["StackName"] == "CDKToolkit" for stack in described):
        around = Surroundings.of(account.settings, target=Target.LOCAL, context={})
        cdk = around.cdk(account.running.account_id)
        cdk.synth(ignore)
        cdk.bootstrap(account.running.account_id, account.running.region, ignore)


def _forget_bucket(account: Account) -> None:
    s3 = account.client("s3")
    if account.bucket in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        for held in s3.list_objects_v2(Bucket=account.bucket).get("Contents", []):
            s3.delete_object(Bucket=account.bucket, Key=held["Key"])
        s3.delete_bucket(Bucket=account.bucket)


def seen(account: Account) -> Mapping[str, Any]:
    """What a refused command must not have changed."""
    stacks = account.client("cloudformation").describe_stacks()["Stacks"]
    return {
        "stacks": {s["StackName"]: (s["StackStatus"], s.get("LastUpdatedTime")) for s in stacks},
        "buckets": [b["Name"] for b in account.client("s3").list_buckets()["Buckets"]],
        "tables": account.client("dynamodb").list_tables()["TableNames"],
        "clusters": account.client("dsql").list_clusters()["clusters"],
    }
