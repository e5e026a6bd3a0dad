"""The website as a visitor gets it: the page, its headers, a deep link, an API 404, the redirect.

Law: `visit` makes the requests, one each, and turns every failure into a `Page`; the checks are pure.
"""

import http.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from vela.ops.health import connect
from vela.ops.verify.report import Check, Subject

PAGE = Subject("page", "/ gives the page with its headers")
DEEP = Subject("deep-link", "A deep link gives the page")
API = Subject("api-404", "An unknown API path is a JSON 404")
REDIRECT = Subject("http-redirect", "HTTP is redirected to HTTPS")
DOMAIN = Subject("domain", "The page is served at its own name")

#: What Vela promises of every page, whatever a deployed template says.
PROMISED = (
    "content-security-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
)

DEEP_LINK, UNKNOWN_API = "/verify/a/deep/link", "/api/verify/nothing-here"
HEADERS_POLICY, DISTRIBUTION = (
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudFront::Distribution",
)

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer; status 0 when none came, *error* then says why."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""

    @property
    def told(self) -> str:
        """The status, or why there is none."""
        return self.error or f"{self.status} {self.headers.get('content-type', '')}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Website:
    """What each request was answered.

    Attributes:
        url: Of the website.
        domain: Its own name; None without one.
        named: What was answered to that name, where the URL has another.

    """

    url: str
    page: Page
    deep: Page
    api: Page
    plain: Page
    domain: str | None = None
    named: Page | None = None


def visit(url: str, domain: str | None) -> Website:
    """Make the requests."""
    elsewhere = domain is not None and urlsplit(url).hostname != domain
    return Website(
        url=url,
        page=_get(url, "/"),
        deep=_get(url, DEEP_LINK),
        api=_get(url, UNKNOWN_API),
        # Behind TLS this is the port beside it; the local cloud takes the header for that.
        plain=_get(_over_http(url), "/", **{"X-Forwarded-Proto": "http"}),
        domain=domain,
        named=_get(url, "/", Host=domain) if elsewhere and domain else None,
    )


def page(website: Website, template: Template) -> Check:
    """Look at the page, the headers that Vela promises and those that the template's policy adds."""
    found = website.page
    wrong = list(_not_the_page(found))
    headers = dict(expected_headers(template))
    wrong += [
        f"{name} is {found.headers.get(name)!r} instead of {value!r}"
        for name, value in headers.items()
        if found.headers.get(name) != value
    ]
    missing = [name for name in PROMISED if name not in headers and name not in found.headers]
    wrong += [f"{name} is missing, which Vela promises" for name in missing]
    promised = len(PROMISED) - len(missing)
    return PAGE.judged(wrong, f"{found.told}, {promised} of {len(PROMISED)} security headers")


def deep_link(website: Website) -> Check:
    """Look at the page at a path that only the application knows."""
    wrong = list(_not_the_page(website.deep))
    if not wrong and website.deep.body != website.page.body:
        wrong.append("it is another page than that of /")
    return DEEP.judged(wrong, website.deep.told)


def api_404(website: Website) -> Check:
    """Look at what an unknown API path is answered."""
    found = website.api
    right = found.status == http.HTTPStatus.NOT_FOUND and "json" in found.told
    return API.judged([] if right else [f"it is answered {found.told}"], found.told)


def redirect(website: Website) -> Check:
    """Look at what plain HTTP is answered."""
    found = website.plain
    location = found.headers.get("location", "")
    moved = found.status in {301, 308} and location.startswith("https://")
    wrong = [] if moved else [f"it is answered {found.told}"]
    how = (
        "" if website.url.startswith("https://") else "; no TLS here, so a header said it was HTTP"
    )
    return REDIRECT.judged(wrong, f"{found.told} to {location}{how}" if moved else found.told)


def domain_served(website: Website) -> Check:
    """Look at the page at the website's own name."""
    if website.domain is None:
        return DOMAIN.not_applicable("the website has no name of its own")
    found = website.named or website.page
    return DOMAIN.judged(_not_the_page(found), f"{website.domain}: {found.told}")


def alias(template: Template) -> str | None:
    """Give the name that the template's distribution claims."""
    for properties in _of_type(template, DISTRIBUTION):
        for name in properties["DistributionConfig"].get("Aliases", ()):
            return str(name)
    return None


def expected_headers(template: Template) -> Iterator[tuple[str, str]]:
    """Give the headers that the template's policy adds, by their names in lower case."""
    for properties in _of_type(template, HEADERS_POLICY):
        config = properties["ResponseHeadersPolicyConfig"]
        for item in config.get("CustomHeadersConfig", {}).get("Items", ()):
            yield item["Header"].lower(), item["Value"]
        for name, value in config.get("SecurityHeadersConfig", {}).items():
            if (known := _security_header(name, value)) is not None:
                yield known


def _security_header(name: str, value: Mapping[str, Any]) -> tuple[str, str] | None:
    match name:
        case "ContentSecurityPolicy":
            return "content-security-policy", value["ContentSecurityPolicy"]
        case "ContentTypeOptions":
            return "x-content-type-options", "nosniff"
        case "FrameOptions":
            return "x-frame-options", value["FrameOption"]
        case "ReferrerPolicy":
            return "referrer-policy", value["ReferrerPolicy"]
        case "StrictTransportSecurity":
            below = "; includeSubDomains" if value.get("IncludeSubdomains") else ""
            preload = "; preload" if value.get("Preload") else ""
            age = f"max-age={value['AccessControlMaxAgeSec']}"
            return "strict-transport-security", f"{age}{below}{preload}"
        case _:
            return None


def _of_type(template: Template, type_: str) -> Iterator[Mapping[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == type_:
            yield resource["Properties"]


def _not_the_page(found: Page) -> Iterator[str]:
    if found.status != http.HTTPStatus.OK:
        yield f"it is answered {found.told}"
    elif not found.headers.get("content-type", "").startswith("text/html"):
        yield f"it is {found.headers.get('content-type', 'of no type')}"


def _over_http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "http":
        return url
    return parts._replace(scheme="http", netloc=parts.hostname or "").geturl()


def _get(url: str, path: str, **headers: str) -> Page:
    connection = connect(url)
    try:
        connection.request("GET", path, headers={"Host": urlsplit(url).netloc, **headers})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Page(status=answer.status, headers=found, body=answer.read())
    except (OSError, http.client.HTTPException) as error:
        return Page(status=0, error=f"{type(error).__name__}: {error}")
    finally:
        connection.close()
