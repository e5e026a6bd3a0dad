"""Gap: finding who has an alias, and taking it over.

The emulator knows its own account's holders, asks for no certificate and has neither
ListConflictingAliases nor AssociateAlias. CloudFront asks for a distribution of ours whose
certificate covers the name, hides most of a stranger's ids, and moves an alias between accounts
only against a TXT record and from a distribution that is disabled:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/alternate-domain-names-move.html
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDomainConflicts.html
"""

import re
from typing import Any, NamedTuple
from xml.etree.ElementTree import SubElement

from ministack.core.responses import get_account_id
from ministack.services import cloudfront

from .alias_conflicts import NOT_COVERED, Aliases, aliases_in, certificate_refusal
from .cloud import Cloud
from .local_control import Document
from .replacement import expected, replace

NO_TXT = "Invalid or missing alias DNS TXT records."
SOURCE_ENABLED = "Alias move is not allowed since the source distribution is enabled."
CONFLICTING = re.compile(r"/2020-05-31/conflicting-alias/?")
ASSOCIATE = re.compile(r"/2020-05-31/distribution/([A-Z0-9]+)/associate-alias/?")
SHOWN = 6  # the end of a stranger's id that is not hidden
BAD_REQUEST, NOT_FOUND = 400, 404


class Holder(NamedTuple):
    """A distribution that has an alias overlapping the one asked for."""

    alias: str
    kind: str
    distribution: str
    account: str


def apply(_cloud: Cloud, aliases: Aliases) -> None:
    """Answer the four operations."""
    for part in (
        "_domains_overlap",
        "_domain_owners",
        "_set_distribution_aliases",
        "_dist_config_el",
    ):
        expected(cloudfront, part)
    conflicts = DomainConflicts(aliases)
    parameters = ("method", "path", "headers", "body", "query_params")
    replace(cloudfront, "handle_request", parameters, conflicts.routing)
    replace(cloudfront, "_list_domain_conflicts", ("body",), conflicts.listing)
    replace(cloudfront, "_update_domain_association", ("headers", "body"), conflicts.associating)


class DomainConflicts:
    """The four operations over who has which alias."""

    def __init__(self, aliases: Aliases) -> None:
        self._aliases = aliases

    def routing(self, original: Any) -> Any:
        """Serve the two operations that the emulator lacks."""

        async def handle_request(
            method: str, path: str, headers: Any, body: bytes, query: dict[str, list[str]]
        ) -> Any:
            if method == "GET" and CONFLICTING.fullmatch(path):
                return self._conflicting(query["DistributionId"][0], query["Alias"][0])
            if method == "PUT" and (target := ASSOCIATE.fullmatch(path)):
                return self._associate(target[1], query["Alias"][0])
            return await original(method, path, headers, body, query)

        return handle_request

    def _conflicting(self, distribution: str, alias: str) -> Any:
        own = cloudfront._distributions.get(distribution)
        if own is None:
            text = "The specified distribution does not exist."
            return cloudfront._error("NoSuchDistribution", text, NOT_FOUND)
        if (refusal := _uncovered(own, alias)) is not None:
            return refusal
        holders = self._holders(alias, own)

        def build(root: Any) -> None:
            SubElement(root, "MaxItems").text = "100"
            SubElement(root, "Quantity").text = str(len(holders))
            items = SubElement(root, "Items")
            for holder in holders:
                item = SubElement(items, "ConflictingAlias")
                SubElement(item, "Alias").text = holder.alias
                SubElement(item, "DistributionId").text = holder.distribution
                SubElement(item, "AccountId").text = holder.account

        return cloudfront._xml_response("ConflictingAliasesList", build)

    def listing(self, original: Any) -> Any:
        """Ask for the certificate; list strangers too."""

        def list_domain_conflicts(body: bytes) -> Any:
            element = cloudfront._parse_body(body)
            resource = (
                None
                if element is None
                else cloudfront._find(element, "DomainControlValidationResource")
            )
            named = "" if resource is None else cloudfront._text(resource, "DistributionId")
            own = cloudfront._distributions.get(named)
            if own is None:
                return original(body)
            domain = cloudfront._text(element, "Domain")
            return _uncovered(own, domain) or _conflicts(self._holders(domain, own))

        return list_domain_conflicts

    def _holders(self, alias: str, own: Document) -> list[Holder]:
        ours = [
            Holder(_alias_of(holder, alias), kind, holder, get_account_id())
            for kind, holder in cloudfront._domain_owners(alias, wildcard_overlap=True)
            if holder != own["Id"]
        ]
        theirs = [
            Holder(held, "distribution", _hidden(stranger.distribution), _hidden(stranger.account))
            for held, stranger in self._aliases.strangers.items()
            if cloudfront._domains_overlap(alias, held)
        ]
        return [*ours, *theirs]

    def _associate(self, target: str, alias: str) -> Any:
        own = cloudfront._distributions.get(target)
        if own is None:
            text = "The specified distribution does not exist."
            return cloudfront._error("NoSuchDistribution", text, NOT_FOUND)
        if (refusal := self._refusal(own, alias)) is not None:
            return refusal
        self._move(own, alias)
        return 200, {}, b""

    def associating(self, original: Any) -> Any:
        """Ask for the certificate, and of a stranger for the TXT record and to be disabled."""

        def update_domain_association(headers: Document, body: bytes) -> Any:
            element = cloudfront._parse_body(body)
            target = None if element is None else cloudfront._find(element, "TargetResource")
            named = "" if target is None else cloudfront._text(target, "DistributionId")
            own = cloudfront._distributions.get(named)
            alias = cloudfront._text(element, "Domain") if own is not None else ""
            if own is not None and (refusal := self._refusal(own, alias)) is not None:
                return refusal
            answer = original(headers, body)
            if own is not None and alias in aliases_in(cloudfront._dist_config_el(own)):
                self._aliases.strangers.pop(alias.lower(), None)
            return answer

        return update_domain_association

    def _refusal(self, own: Document, alias: str) -> Any:
        if (refusal := _uncovered(own, alias)) is not None:
            return refusal
        stranger = self._aliases.strangers.get(alias.lower())
        if stranger is None:
            return None
        if own["DomainName"].lower() not in self._aliases.dns.texts(f"_{alias}"):
            return cloudfront._error("IllegalUpdate", NO_TXT, BAD_REQUEST)
        if stranger.enabled:
            return cloudfront._error("IllegalUpdate", SOURCE_ENABLED, BAD_REQUEST)
        return None

    def _move(self, own: Document, alias: str) -> None:
        self._aliases.strangers.pop(alias.lower(), None)
        for distribution in cloudfront._distributions.values():
            had = cloudfront._get_distribution_aliases(distribution)
            kept = [name for name in had if name.lower() != alias.lower()]
            wanted = [*kept, alias] if distribution is own else kept
            if wanted != had:
                cloudfront._set_distribution_aliases(distribution, wanted)
                distribution["ETag"] = cloudfront.new_uuid()


def _uncovered(own: Document, alias: str) -> Any:
    """Refuse what the certificate attached to *own* is not good for."""
    refusal = certificate_refusal(cloudfront._dist_config_el(own), [alias])
    if refusal is None:
        return None
    return cloudfront._error("InvalidArgument", NOT_COVERED, BAD_REQUEST)


def _conflicts(holders: list[Holder]) -> Any:
    def build(root: Any) -> None:
        conflicts = SubElement(root, "DomainConflicts")
        for holder in holders:
            item = SubElement(conflicts, "DomainConflicts")
            SubElement(item, "Domain").text = holder.alias
            SubElement(item, "ResourceType").text = holder.kind
            SubElement(item, "ResourceId").text = holder.distribution
            SubElement(item, "AccountId").text = holder.account

    return cloudfront._xml_response("ListDomainConflictsResult", build)


def _alias_of(holder: str, asked: str) -> str:
    distribution = cloudfront._distributions.get(holder)
    held = cloudfront._get_distribution_aliases(distribution) if distribution else []
    return next((name for name in held if cloudfront._domains_overlap(asked, name)), asked)


def _hidden(identifier: str) -> str:
    return "*" * max(len(identifier) - SHOWN, 0) + identifier[-SHOWN:]
