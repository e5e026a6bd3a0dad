r"""Gap: what a distribution needs before it may have an alternate domain name.

The emulator takes every alias. CloudFront refuses one whose certificate is not issued in us-east-1
for it, one that another distribution of any account has (text A), and one whose DNS answer is
another distribution (text B, through a wildcard record too):
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html#alternate-domain-names-requirements
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/troubleshooting-distributions.html
Both conflicts have one code, and AWS does not say which of the two it looks for first: here A.
Routes: ``PUT`` and ``DELETE /aliases/{alias}`` let a stranger's distribution have an alias.
"""

from typing import Any, NamedTuple

from ministack.services import acm, cloudfront
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .dns_answers import Dns
from .local_control import Document, LocalControl, NotThere
from .replacement import expected, replace
from .resource_failures import Refused

TAKEN = "One or more of the CNAMEs you provided are already associated with a different resource."
LEADS_ELSEWHERE = (
    "One or more aliases specified for the distribution includes an incorrectly configured DNS "
    "record that points to another CloudFront distribution. You must update the DNS record to "
    "correct the problem."
)
GUIDE = (
    "For more details, see: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide"
    "/CNAMEs.html#alternate-domain-names-requirements"
)
NO_CERTIFICATE = (
    "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a "
    f"trusted certificate that validates your authorization to use the domain name. {GUIDE}"
)
NOT_COVERED = (
    "The certificate that is attached to your distribution doesn't cover the alternate domain name "
    f"(CNAME) that you're trying to add. {GUIDE}"
)
UNUSABLE = (
    "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or "
    "doesn't include a valid certificate chain."
)
CERTIFICATE_REGION = "us-east-1"
DISTRIBUTION = "AWS::CloudFront::Distribution"
CONFLICT, BAD_REQUEST = 409, 400


class Refusal(NamedTuple):
    """CloudFront's answer to a configuration that it does not take."""

    code: str
    text: str
    status: int


class Stranger(NamedTuple):
    """A distribution of another account that has an alias."""

    account: str
    distribution: str
    enabled: bool


class Aliases:
    """Who has which alias, and who may have it."""

    def __init__(self, dns: Dns) -> None:
        self.dns = dns
        self.strangers: dict[str, Stranger] = {}

    def put(self, alias: str, document: Document) -> Document:
        """Give the alias to ``distribution`` of ``account``, which is ``enabled`` unless said."""
        enabled = bool(document.get("enabled", True))
        stranger = Stranger(str(document["account"]), str(document["distribution"]), enabled)
        self.strangers[alias.lower()] = stranger
        return stranger._asdict()

    def delete(self, alias: str) -> Document:
        """Take it away again."""
        if self.strangers.pop(alias.lower(), None) is None:
            raise NotThere(f"no stranger has {alias}")
        return {}

    def refusal(self, config: Any, own: Document | None) -> Refusal | None:
        """Judge what *config* asks for the distribution *own*, None for a new one."""
        wanted = aliases_in(config)
        if (refusal := certificate_refusal(config, wanted)) is not None:
            return refusal
        had = set(cloudfront._get_distribution_aliases(own)) if own else set()
        domain = own["DomainName"].lower() if own else ""
        added = [alias.lower() for alias in wanted if alias not in had]
        if any(alias in self.strangers or self._others(alias, own) for alias in added):
            return Refusal("CNAMEAlreadyExists", TAKEN, CONFLICT)
        if any(self._leads_elsewhere(alias, domain) for alias in added):
            return Refusal("CNAMEAlreadyExists", LEADS_ELSEWHERE, CONFLICT)
        return None

    def _others(self, alias: str, own: Document | None) -> list[str]:
        return [
            holder
            for kind, holder in cloudfront._domain_owners(alias)
            if kind != "distribution" or own is None or holder != own["Id"]
        ]

    def _leads_elsewhere(self, alias: str, domain: str) -> bool:
        reached = {name for name in self.dns.leads_to(alias) if name.endswith(".cloudfront.net")}
        return bool(reached - {domain})


def aliases_in(config: Any) -> list[str]:
    """Return the aliases of a DistributionConfig element."""
    block = cloudfront._find(config, "Aliases")
    items = None if block is None else cloudfront._find(block, "Items")
    return [] if items is None else [(item.text or "").strip() for item in items]


def certificate_refusal(config: Any, aliases: list[str]) -> Refusal | None:
    """Judge the certificate of a DistributionConfig element for *aliases*."""
    viewer = cloudfront._find(config, "ViewerCertificate")
    arn = "" if viewer is None else cloudfront._text(viewer, "ACMCertificateArn")
    if not arn:
        if not aliases or (viewer is not None and cloudfront._text(viewer, "IAMCertificateId")):
            return None
        return Refusal("InvalidViewerCertificate", NO_CERTIFICATE, BAD_REQUEST)
    certificate = acm._certificates.get(arn)
    in_region = arn.split(":")[3:4] == [CERTIFICATE_REGION]
    if certificate is None or not in_region or certificate["Status"] != "ISSUED":
        return Refusal("InvalidViewerCertificate", UNUSABLE, BAD_REQUEST)
    names = [certificate["DomainName"], *certificate.get("SubjectAlternativeNames", [])]
    if all(any(covers(name, alias) for name in names) for alias in aliases):
        return None
    return Refusal("InvalidViewerCertificate", NOT_COVERED, BAD_REQUEST)


def covers(name: str, host: str) -> bool:
    """Tell whether a certificate's *name* is good for *host*; a wildcard stands for one label."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def apply(_cloud: Cloud, control: LocalControl, dns: Dns) -> Aliases:
    """Judge every configuration before it is taken."""
    for part in ("_find", "_text", "_get_distribution_aliases", "_domain_owners", "_distributions"):
        expected(cloudfront, part)
    expected(acm, "_certificates")
    aliases = Aliases(dns)
    control.add("PUT", "/aliases/{alias}", aliases.put)
    control.add("DELETE", "/aliases/{alias}", aliases.delete)
    _judge_requests(aliases)
    _judge_resources(aliases)
    return aliases


def _judge_requests(aliases: Aliases) -> None:
    def creating(original: Any) -> Any:
        def create(headers: Document, body: bytes) -> Any:
            root = cloudfront._parse_body(body)
            config, _tags = cloudfront._unwrap_distribution_create_xml(root)
            refusal = None if config is None else aliases.refusal(config, None)
            return original(headers, body) if refusal is None else _answer(refusal)

        return create

    def updating(original: Any) -> Any:
        def update(distribution: str, headers: Document, body: bytes) -> Any:
            config, own = cloudfront._parse_body(body), cloudfront._distributions.get(distribution)
            refusal = None if config is None or own is None else aliases.refusal(config, own)
            return original(distribution, headers, body) if refusal is None else _answer(refusal)

        return update

    replace(cloudfront, "_create_distribution", ("headers", "body"), creating)
    replace(cloudfront, "_update_distribution", ("dist_id", "headers", "body"), updating)


def _answer(refusal: Refusal) -> Any:
    return cloudfront._error(refusal.code, refusal.text, refusal.status)


def _judge_resources(aliases: Aliases) -> None:
    config_of = expected(provisioners, "_cf_distribution_config", "props", "caller_reference")
    handler = expected(provisioners, "_RESOURCE_HANDLERS")[DISTRIBUTION]
    create, update = handler["create"], handler["update"]

    def require(properties: Document, own: Document | None) -> None:
        refusal = aliases.refusal(config_of(properties, "template"), own)
        if refusal is not None:
            text = f"Invalid request provided: {DISTRIBUTION}: {refusal.text}"
            status = refusal.status
            raise Refused(text, service="CloudFront", status=status, code="InvalidRequest")

    def created(logical_id: str, properties: Document, stack: str) -> Any:
        require(properties, None)
        return create(logical_id, properties, stack)

    def updated(distribution: str, old: Document, new: Document, *rest: Any) -> Any:
        require(new, cloudfront._distributions.get(distribution))
        return update(distribution, old, new, *rest)

    handler.update(create=created, update=updated)
