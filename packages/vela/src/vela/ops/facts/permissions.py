"""What the caller lacks for the plan.

Law: IAM is asked by simulation; nothing is tried out.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Which needed actions the caller may not do.

    Attributes:
        asked: How many actions were simulated.
        missing: The refused ones, as ``action on resource``; empty when all are allowed.
        through_roles: Whether the caller only has to assume the bootstrap's roles.
        note: Why nothing was simulated; empty when it was.

    """

    asked: int
    missing: tuple[str, ...] = ()
    through_roles: bool = True
    note: str = ""
