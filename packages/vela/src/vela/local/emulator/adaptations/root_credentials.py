"""Gap: the account's own credentials reach the database too.

On AWS the root of an account may connect as ``admin`` with a token of its own; here dsql-local is told
of the key that the emulator takes for root's.
"""

from .cloud import Cloud
from .control import quoted

EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def admit_root(cloud: Cloud, *, access_key_id: str, secret_access_key: str) -> None:
    """Let the account's root connect to every cluster."""
    principal = f"arn:aws:iam::{cloud.account}:root"
    credential = {
        "secret_access_key": secret_access_key,
        "session_token": None,
        "principal": principal,
    }
    cloud.dsql.call("PUT", f"/principals/{quoted(principal)}", {"policies": [EVERYTHING]})
    cloud.dsql.call("PUT", f"/credentials/{quoted(access_key_id)}", credential)
