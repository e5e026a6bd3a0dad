"""Gap: a distribution answers at its alternate domain names.

The emulator knows a distribution by its own name only. The most specific alias wins:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html
"""

from typing import Any

from ministack import app
from ministack.services import cloudfront

from .cloud import Cloud
from .replacement import expected, replace

Distribution = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Take a request's host for the distribution that has it as an alias."""
    expected(cloudfront, "_get_distribution_aliases")
    expected(cloudfront, "_distributions")
    replace(app, "_parse_cloudfront_dataplane_host", ("host",), Hosts().finding)


class Hosts:
    """The aliases of every distribution, read again when one has changed."""

    def __init__(self) -> None:
        self._aliases: dict[str, str] = {}
        self._read_of: tuple[str, ...] = ()

    def finding(self, original: Any) -> Any:
        """Ask for an alias where the host is no distribution's own name."""

        def parse(host: str) -> str | None:
            return original(host) or self._label(host.partition(":")[0].lower())

        return parse

    def _label(self, host: str) -> str | None:
        distributions = list(cloudfront._distributions.values())
        state = tuple(distribution["ETag"] for distribution in distributions)
        if state != self._read_of:
            self._aliases = dict(_read(distributions))
            self._read_of = state
        return self._aliases.get(host) or self._aliases.get(f"*.{host.partition('.')[2]}")


def _read(distributions: list[Distribution]) -> Any:
    for distribution in distributions:
        for alias in cloudfront._get_distribution_aliases(distribution):
            yield alias.lower(), distribution["DomainName"].partition(".")[0]
