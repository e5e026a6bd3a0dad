"""Where the domain's DNS leads, and where a name beside it leads (a wildcard record).

Law: the resolver is an argument; an answer is the chain of names and addresses it gave.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What DNS says of one name.

    Attributes:
        name: That was asked.
        chain: The canonical names met on the way, the last one last.
        addresses: It ends in; none when the name does not exist.

    """

    name: str
    chain: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether the name has any answer."""
        return bool(self.chain or self.addresses)


class Resolver(Protocol):
    """Answers for a name; raises `OSError` when no name server can be asked."""

    def resolve(self, name: str) -> Answer:
        """Look *name* up now, past any cache of this machine."""
        ...


class LeadsTo(StrEnum):
    """Where a name leads."""

    NOWHERE = "nowhere"
    OURS = "ours"
    OTHER_DISTRIBUTION = "other-distribution"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """The domain's DNS.

    Attributes:
        domain: The name of the website.
        answer: For the name itself.
        sibling: For a name beside it that nobody made: an answer there is a wildcard record's.
        leads_to: Where the name leads.
        distribution: The CloudFront name it leads to, if any.
        zone_id: The Route 53 hosted zone of this account that holds the name; None: DNS is elsewhere.

    """

    domain: str
    answer: Answer
    sibling: Answer
    leads_to: LeadsTo
    distribution: str | None = None
    zone_id: str | None = None

    @property
    def wildcard(self) -> bool:
        """Whether the name's answer is only a wildcard's."""
        return self.sibling.exists and self.sibling.chain == self.answer.chain
