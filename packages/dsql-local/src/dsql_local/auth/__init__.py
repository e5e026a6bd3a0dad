"""Token verification and IAM policy decision. Pure; time is an argument; stdlib only."""

from dsql_local.auth.policy import Policy, parse_policy
from dsql_local.auth.sigv4 import action_for, sign
from dsql_local.auth.token import WEEK_S
from dsql_local.auth.verdict import (
    ACCESS_DENIED,
    Credential,
    Granted,
    Refusal,
    denied,
    role_not_mapped,
)
from dsql_local.auth.verification import authenticate

__all__ = [
    "ACCESS_DENIED",
    "WEEK_S",
    "Credential",
    "Granted",
    "Policy",
    "Refusal",
    "action_for",
    "authenticate",
    "denied",
    "parse_policy",
    "role_not_mapped",
    "sign",
]
