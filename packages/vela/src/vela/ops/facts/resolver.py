"""Who answers for names: the Internet's name servers, or the local cloud's hosted zones.

Law: answers past any cache of this machine; no record is ever written.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from vela.ops.aws import Aws
from vela.ops.facts.dns import Answer, Zones

if TYPE_CHECKING:
    import dns.resolver
    from mypy_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef

#: Seconds for one name, all servers and retries together.
PATIENCE_S = 3.0
#: Canonical names followed before it is called a circle.
HOPS = 8

Records = Mapping[tuple[str, str], tuple[str, ...]]


class InternetResolver:
    """Asks the system's name servers, with dnspython."""

    def resolve(self, name: str) -> Answer:
        """Look *name* up now."""
        import dns.exception  # noqa: PLC0415 - only with a domain
        import dns.resolver  # noqa: PLC0415

        try:
            servers = dns.resolver.Resolver()
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


def _reverse(servers: "dns.resolver.Resolver", addresses: Iterable[str]) -> Iterable[str]:
    import dns.exception  # noqa: PLC0415

    for address in addresses:
        try:
            told = servers.resolve_address(address, lifetime=PATIENCE_S)
        except dns.exception.DNSException:
            continue  # most hosts' addresses have no name
        yield from (str(record.target).rstrip(".").lower() for record in told)


class ZoneResolver:
    """Answers from hosted zones, as their name servers would: the local cloud is its own Internet."""

    def __init__(self, aws: Aws, zones: Zones) -> None:
        self._aws = aws
        self._zones = zones
        self._records: Records | None = None

    def resolve(self, name: str) -> Answer:
        """Look *name* up in the zones, read once."""
        if self._records is None:
            self._records = self._read()
        return lookup(self._records, name)

    def _read(self) -> Records:
        route53 = self._aws.route53
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for zone in self._zones:
            pages = route53.get_paginator("list_resource_record_sets").paginate(
                HostedZoneId=zone.id
            )
            for page in pages:
                for record in page["ResourceRecordSets"]:
                    found.update(_entry(record))
        return found


def lookup(records: Records, name: str) -> Answer:
    """Answer for *name* as RFC 1034 and 4592 say: canonical names are followed, wildcards expand."""
    chain: list[str] = []
    asked = _plain(name)
    for _ in range(HOPS):
        if addresses := _at(records, asked, "A"):
            return Answer(name=name, chain=tuple(chain), addresses=addresses)
        targets = _at(records, asked, "CNAME")
        if not targets:
            return Answer(name=name, chain=tuple(chain))
        asked = _plain(targets[0])
        chain.append(asked)
    return Answer(name=name, chain=tuple(chain))


def _at(records: Records, name: str, type_: str) -> tuple[str, ...]:
    """Give a name's own records or, only if nothing has that name, those of the nearest wildcard."""
    if any(_covers(owner, name) for owner, _ in records):
        return records.get((name, type_), ())
    parent = name
    while "." in parent:
        parent = parent.partition(".")[2]
        if found := records.get((f"*.{parent}", type_)):
            return found
        if any(_covers(owner, parent) for owner, _ in records):
            return ()  # the closest name that exists has no wildcard below it
    return ()


def _covers(owner: str, name: str) -> bool:
    """Tell whether *owner* makes *name* exist: it is that name or lies below it."""
    return owner == name or (owner.endswith(f".{name}") and not owner.startswith("*."))


def _entry(record: "ResourceRecordSetOutputTypeDef") -> Records:
    name = _plain(record["Name"])
    if target := record.get("AliasTarget"):
        # An alias answers with addresses; the name behind it is what a reverse look-up would tell.
        return {(name, "CNAME"): (_plain(target["DNSName"]),)}
    values = tuple(value["Value"] for value in record.get("ResourceRecords", []))
    return {(name, record["Type"]): values}


def _plain(name: str) -> str:
    return name.rstrip(".").lower().replace("\\052", "*")
