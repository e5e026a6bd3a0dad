"""The certificate of the domain.

Law: read once by its ARN; which names it covers is pure.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """An ACM certificate.

    Attributes:
        arn: Names its Region and account.
        status: ``ISSUED`` or why not; ``None`` when there is no such certificate.
        names: The names it covers, wildcards as they are written.
        expires: When it ends.
        in_use_by: ARNs of what carries it now.

    """

    arn: str
    status: str | None
    names: tuple[str, ...] = ()
    expires: datetime | None = None
    in_use_by: tuple[str, ...] = ()

    def covers(self, domain: str) -> bool:
        """Tell whether a browser would take it for *domain*."""
        return any(covers(name, domain) for name in self.names)


def covers(name: str, domain: str) -> bool:
    """Tell whether a certificate's *name* covers *domain*: a ``*`` stands for exactly one label."""
    name, domain = name.lower().rstrip("."), domain.lower().rstrip(".")
    if name.startswith("*."):
        label, _, parent = domain.partition(".")
        return bool(label) and parent == name.removeprefix("*.")
    return name == domain
