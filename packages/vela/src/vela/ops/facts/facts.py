"""Everything a command knows before it decides.

Law: values only, gathered once; a subject that could not be had is an `Unknown` in its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vela.ops.facts.aliases import Aliases
from vela.ops.facts.bootstrap import Bootstrap
from vela.ops.facts.certificate import Certificate
from vela.ops.facts.clusters import Clusters, Protection, Quota
from vela.ops.facts.dns import Dns
from vela.ops.facts.drift import StackDrift
from vela.ops.facts.identity import Identity
from vela.ops.facts.machine import Machine
from vela.ops.facts.permissions import Permissions
from vela.ops.facts.planned import Planned
from vela.ops.facts.region import Region
from vela.ops.facts.retained import RetainedFact
from vela.ops.facts.stacks import Stacks
from vela.ops.facts.unknown import Unknown
from vela.ops.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One field a subject; None where the subject does not apply (a certificate without a domain).

    Attributes:
        now: When they were gathered; what expires is measured against it.
        stacks: Vela's stacks and CDK's own, by name; absent ones are not in it.

    """

    target: Target
    now: datetime
    machine: Machine
    identity: Identity
    region: Region
    bootstrap: Bootstrap | Unknown
    stacks: Stacks | Unknown
    planned: Planned | Unknown
    retained: tuple[RetainedFact, ...] | Unknown
    certificate: Certificate | Unknown | None
    aliases: Aliases | Unknown
    dns: Dns | Unknown | None
    clusters: Clusters | Unknown
    quota: Quota | Unknown
    protection: Protection | Unknown
    drift: Mapping[str, StackDrift] | Unknown
    permissions: Permissions | Unknown
