"""The cluster, the identity and the key that are there when dsql-local is used alone.

Law: the same at every start. The key is the one AWS documents as an example; it opens nothing
but this server, on this machine.
"""

import time

from dsql_local.auth import Credential
from dsql_local.server.registry import Cluster, Registry

ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - AWS documents it as an example
CLIENT_TOKEN = "dsql-local-stand-alone"  # noqa: S105 - it makes a request idempotent, no more
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["dsql:DbConnect", "dsql:DbConnectAdmin"],
            "Resource": "*",
        }
    ],
}


def principal(account: str) -> str:
    """The IAM user whose key it is."""
    return f"arn:aws:iam::{account}:user/dsql-local"


def provide(registry: Registry) -> Cluster:
    """Make the cluster, the identity and the key, unless they are there."""
    arn = principal(registry.account)
    registry.put_principal(arn, [POLICY])
    registry.put_credential(
        Credential(
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            session_token=None,
            principal=arn,
            session_arn=None,
            expires_at=None,
        )
    )
    return registry.create_cluster(
        now=time.time(),
        deletion_protection=True,
        tags={"Name": "stand-alone"},
        client_token=CLIENT_TOKEN,
    )
