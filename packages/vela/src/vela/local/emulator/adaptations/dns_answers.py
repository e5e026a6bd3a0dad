"""What the DNS says of a name, as CloudFront and everybody else on the local internet sees it.

The emulator's public Route 53 zones are authoritative for the names below them; the rest of the
internet is a table. A wildcard answers for what has no name of its own, and an existing name hides
it (RFC 4592). Routes: ``PUT``, ``DELETE`` and ``GET /dns/{name}``.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ministack.services import route53

from .cloud import Cloud
from .local_control import Document, LocalControl, NotThere
from .replacement import expected

LONGEST_CHAIN = 16


class Answer(NamedTuple):
    """One record that answers for a name."""

    name: str
    kind: str
    value: str


class Dns:
    """The zones of Route 53, and the table of everybody else's records."""

    def __init__(self, _cloud: Cloud, control: LocalControl) -> None:
        for store in ("_zones", "_records"):
            expected(route53, store)
        self._elsewhere: dict[str, list[Answer]] = {}
        control.add("PUT", "/dns/{name}", self.put)
        control.add("DELETE", "/dns/{name}", self.delete)
        control.add("GET", "/dns/{name}", self.get)

    def put(self, name: str, document: Document) -> Document:
        """Let the *name* (``*.`` for a wildcard) have ``values`` of ``type``, as in no zone here."""
        name, kind = _plain(name), document["type"]
        kept = [answer for answer in self._elsewhere.get(name, []) if answer.kind != kind]
        self._elsewhere[name] = [*kept, *(Answer(name, kind, str(v)) for v in document["values"])]
        return self.get(name)

    def delete(self, name: str) -> Document:
        """Forget the name's records outside Route 53."""
        if self._elsewhere.pop(_plain(name), None) is None:
            raise NotThere(f"no record of {name} is set")
        return {}

    def get(self, name: str) -> Document:
        """Resolve the name: every record on the way, aliases of Route 53 as CNAMEs."""
        return {"answers": [answer._asdict() for answer in self.resolve(name)]}

    def resolve(self, name: str) -> list[Answer]:
        """Follow the name to the end of its chain."""
        found: list[Answer] = []
        wanted = _plain(name)
        for _ in range(LONGEST_CHAIN):
            answers = self._answers(wanted)
            found.extend(answers)
            onward = [answer.value for answer in answers if answer.kind == "CNAME"]
            if not onward:
                break
            wanted = _plain(onward[0])
        return found

    def leads_to(self, name: str) -> set[str]:
        """Return every name that the answer of *name* passes."""
        return {_plain(a.value) for a in self.resolve(name) if a.kind == "CNAME"}

    def texts(self, name: str) -> set[str]:
        """Return the texts of the name itself."""
        return {a.value.strip('"') for a in self._answers(_plain(name)) if a.kind == "TXT"}

    def _answers(self, name: str) -> list[Answer]:
        zone = _zone_of(name)
        records = self._everywhere() if zone is None else list(_in_zone(zone))
        for owner in (name, *_wildcards(name)):
            if answers := [r for r in records if r.name == owner]:
                return [Answer(name, r.kind, r.value) for r in answers]
            encloser = owner.removeprefix("*.")
            if any(r.name == encloser or r.name.endswith(f".{encloser}") for r in records):
                return []  # what exists hides the wildcards above it
        return []

    def _everywhere(self) -> list[Answer]:
        return [answer for answers in self._elsewhere.values() for answer in answers]


def _zone_of(name: str) -> str | None:
    zones = {_plain(z["name"]): key for key, z in route53._zones.items() if not z.get("private")}
    held = [zone for zone in zones if name == zone or name.endswith(f".{zone}")]
    return zones[max(held, key=len)] if held else None


def _in_zone(zone: str) -> Iterator[Answer]:
    for record in route53._records.get(zone, []):
        name = _plain(record["Name"])
        if target := record.get("AliasTarget"):
            yield Answer(name, "CNAME", _plain(target["DNSName"]))
        for value in record.get("ResourceRecords", ()):
            yield Answer(
                name, record["Type"], value.rstrip(".") if record["Type"] != "TXT" else value
            )


def _wildcards(name: str) -> Iterator[str]:
    labels = name.split(".")
    for depth in range(1, len(labels) - 1):
        yield ".".join(["*", *labels[depth:]])


def _plain(name: Any) -> str:
    return str(name).replace("\\052", "*").rstrip(".").lower()
