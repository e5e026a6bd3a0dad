"""Who answers for names: the Internet's name servers, or the local cloud's.

Law: answers past any cache of this machine; no record is ever written. No answer at all is an
`OSError`; that a name does not exist is an answer.
"""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from vela.ops.facts.dns import Answer

if TYPE_CHECKING:
    import dns.resolver

#: Seconds for one name, all servers and retries together.
PATIENCE_S = 3.0


class InternetResolver:
    """Asks name servers, with dnspython.

    Args:
        servers: Their addresses; the system's own unless given.
        port: Where they listen.

    """

    def __init__(self, servers: Sequence[str] = (), *, port: int = 53) -> None:
        self._servers = servers
        self._port = port

    def resolve(self, name: str) -> Answer:
        """Look *name* up now."""
        import dns.exception  # noqa: PLC0415 - only with a domain
        import dns.resolver  # noqa: PLC0415

        try:
            servers = dns.resolver.Resolver(configure=not self._servers)
            if self._servers:
                servers.nameservers, servers.port = list(self._servers), self._port
            told = servers.resolve(f"{name}.", "A", raise_on_no_answer=False, lifetime=PATIENCE_S)
        except dns.resolver.NXDOMAIN:
            return Answer(name=name)
        except dns.exception.DNSException as error:
            raise OSError(f"{name} could not be looked up: {error}") from error
        chain = tuple(
            str(record.target).rstrip(".").lower()
            for rrset in told.chaining_result.cnames
            for record in rrset
        )
        addresses = tuple(sorted(str(record) for record in told))
        reverse = () if chain else tuple(_reverse(servers, addresses[:1]))
        return Answer(name=name, chain=chain, addresses=addresses, reverse=reverse)


class LocalResolver:
    """Asks the local cloud, which is an Internet of its own: its zones, and everybody else's records.

    Args:
        url: Of the local cloud's switches.
        secret: That opens them.

    """

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret

    def resolve(self, name: str) -> Answer:
        """Look *name* up now."""
        request = Request(  # noqa: S310 - the URL is the local cloud's own, on loopback
            f"{self._url}/dns/{quote(name)}", headers={"Authorization": f"Bearer {self._secret}"}
        )
        with urlopen(request, timeout=PATIENCE_S) as told:  # noqa: S310 - the same
            answers: list[dict[str, Any]] = json.load(told)["answers"]
        return Answer(
            name=name,
            chain=tuple(a["value"].rstrip(".").lower() for a in answers if a["kind"] == "CNAME"),
            addresses=tuple(sorted(a["value"] for a in answers if a["kind"] == "A")),
        )


def _reverse(servers: "dns.resolver.Resolver", addresses: Iterable[str]) -> Iterable[str]:
    import dns.exception  # noqa: PLC0415

    for address in addresses:
        try:
            told = servers.resolve_address(address, lifetime=PATIENCE_S)
        except dns.exception.DNSException:
            continue  # most hosts' addresses have no name
        yield from (str(record.target).rstrip(".").lower() for record in told)
