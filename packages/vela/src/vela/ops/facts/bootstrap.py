"""CDK's own resources in the account.

Law: the version comes from the parameter the CDK CLI itself reads; the stack's status is with the
other stacks.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """The bootstrap stack's version; None when the account was never bootstrapped."""

    version: int | None
    qualifier: str = "hnb659fds"
