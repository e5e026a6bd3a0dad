"""The registry as a state machine: a restart at any moment changes nothing."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from dsql_local.auth import Credential
from dsql_local.server.registry import CLUSTER_QUOTA, Cluster, Registry

names = st.sampled_from(["one", "two", "three"])
texts = st.text(max_size=10)
ACTIONS = st.sampled_from(["dsql:DbConnect", "dsql:*", "s3:GetObject"])


class Restarts(RuleBasedStateMachine):
    """Everything a caller was told stays so, through any number of restarts."""

    clusters = Bundle("clusters")

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.known: dict[str, Cluster] = {}
        self.keys: dict[str, Credential] = {}
        self.policies: dict[str, int] = {}
        self.restart()
        self.suffix = self.registry.suffix

    def teardown(self) -> None:
        self.directory.cleanup()

    @rule()
    def restart(self) -> None:
        self.registry = Registry(
            Path(self.directory.name), region="us-east-1", account="111122223333"
        )

    @rule(target=clusters, tags=st.dictionaries(texts, texts), now=st.floats(0, 1e10))
    def create(self, tags, now):
        if len(self.known) == CLUSTER_QUOTA:
            return multiple()
        cluster = self.registry.create_cluster(now=now, deletion_protection=False, tags=tags)
        self.known[cluster.identifier] = cluster
        return cluster.identifier

    @rule(identifier=clusters, tags=st.dictionaries(texts, texts))
    def tag(self, identifier, tags):
        if identifier in self.known:
            self.known[identifier] = self.registry.tag_cluster(identifier, tags)

    @rule(identifier=clusters, status=st.sampled_from(["ACTIVE", "INACTIVE"]))
    def sleep_or_wake(self, identifier, status):
        if identifier in self.known:
            self.known[identifier] = self.registry.set_status(identifier, status)

    @rule(identifier=consumes(clusters))
    def delete(self, identifier):
        if self.known.pop(identifier, None):
            self.registry.delete_cluster(identifier)

    @rule(name=names, secret=texts, token=st.none() | texts, ends=st.none() | st.floats(0, 1e10))
    def put_key(self, name, secret, token, ends):
        self.keys[name] = Credential(
            access_key_id=name,
            secret_access_key=secret,
            session_token=token,
            principal="arn:aws:iam::111122223333:role/app",
            session_arn=None,
            expires_at=ends,
        )
        self.registry.put_credential(self.keys[name])

    @rule(name=names)
    def forget_key(self, name):
        self.keys.pop(name, None)
        self.registry.delete_credential(name)

    @rule(name=names, actions=st.lists(ACTIONS, max_size=3))
    def put_principal(self, name, actions):
        self.policies[name] = len(actions)
        self.registry.put_principal(
            name,
            [
                {"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}
                for action in actions
            ],
        )

    @invariant()
    def everything_acknowledged_is_there(self) -> None:
        assert {each.identifier: each for each in self.registry.list_clusters()} == self.known
        assert self.registry.suffix == getattr(self, "suffix", self.registry.suffix)
        for name in ("one", "two", "three"):
            assert self.registry.credential(name) == self.keys.get(name)
            assert len(self.registry.policies(name)) == self.policies.get(name, 0)


TestRestarts = Restarts.TestCase
TestRestarts.settings = settings(deadline=None, max_examples=30, stateful_step_count=20)
