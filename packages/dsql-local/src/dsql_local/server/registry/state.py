"""Everything the registry remembers, as one immutable value, and its JSON form.

Law: `decode` undoes `encode`. Neither touches a file; a document of the wrong shape raises
`KeyError`, `TypeError`, `ValueError` or `PolicyMalformed`, which `store` turns into its own error.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from dsql_local.auth import Credential, Policy, parse_policy
from dsql_local.server.registry.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Principal:
    """What an IAM role or user may do: the documents as given, and parsed."""

    documents: str
    policies: tuple[Policy, ...] = field(compare=False)

    @classmethod
    def parse(cls, documents: Sequence[object]) -> "Principal":
        """Parse *documents*, or raise `PolicyMalformed`."""
        policies = tuple(parse_policy(document) for document in documents)
        return cls(json.dumps(documents), policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One moment of the registry."""

    region: str
    account: str
    suffix: str
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    principals: Mapping[str, Principal] = field(default_factory=dict)
    credentials: Mapping[str, Credential] = field(default_factory=dict)


def encode(state: State) -> bytes:
    """Write *state* as JSON that a person can read."""
    document = {
        "region": state.region,
        "account": state.account,
        "suffix": state.suffix,
        "clusters": [asdict(cluster) for cluster in state.clusters.values()],
        "principals": {arn: json.loads(p.documents) for arn, p in state.principals.items()},
        "credentials": [asdict(credential) for credential in state.credentials.values()],
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def decode(body: bytes) -> State:
    """Read what `encode` wrote."""
    document = json.loads(body)
    clusters = [Cluster(**record) for record in document["clusters"]]
    credentials = [Credential(**record) for record in document["credentials"]]
    return State(
        region=document["region"],
        account=document["account"],
        suffix=document["suffix"],
        clusters={cluster.identifier: cluster for cluster in clusters},
        principals={arn: Principal.parse(docs) for arn, docs in document["principals"].items()},
        credentials={credential.access_key_id: credential for credential in credentials},
    )
