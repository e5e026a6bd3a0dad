"""What the synthesised assembly wants.

Law: reads the kept assembly's files; it neither synthesises nor asks an API.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The cloud assembly, parsed.

    Attributes:
        templates: Parsed JSON by stack name, in the order they are deployed.
        bucket: The website bucket's literal name.
        tables: The tables' literal names.
        domain: Of the website, None without one.
        certificate: ARN, None without one.
        stage: ``development`` or ``production``.
        attached: Whether the template puts the domain on the distribution.
        schema: The assembly's schema revision.
        bootstrap_needed: The bootstrap version the assembly asks for.

    """

    templates: Mapping[str, Mapping[str, Any]]
    bucket: str
    tables: tuple[str, ...]
    domain: str | None
    certificate: str | None
    stage: str
    attached: bool
    schema: int
    bootstrap_needed: int
