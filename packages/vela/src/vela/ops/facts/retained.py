"""Resources with a fixed name, which an earlier deployment or somebody else may have left.

Law: a name is looked up by read-only calls; whose it is, is decided by `state_of`, which is pure.
"""

from dataclasses import dataclass
from enum import StrEnum

from vela.ops.facts.unknown import Unknown


class Kind(StrEnum):
    """The kinds of resource that Vela's templates give a literal name."""

    BUCKET = "bucket"
    TABLE = "table"
    LOG_GROUP = "log-group"
    FUNCTION = "function"


class Holding(StrEnum):
    """Who holds a name."""

    ABSENT = "absent"
    ORPHANED = "orphaned"
    OWNED = "owned"
    OTHER_REGION = "other-region"
    OTHER_ACCOUNT = "other-account"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedFact:
    """One fixed name of the planned templates.

    Attributes:
        kind: What it names.
        name: The literal name.
        state: Who holds it, or why that is not known.
        logical_id: In the planned template.
        stack: That would own it.
        owner: The stack that owns it now; only when ``OWNED``.
        region: Where it is; only when ``OTHER_REGION``.
        adoptable: Whether the planned template lets CloudFormation take it in (its DeletionPolicy).
        objects: How many objects a bucket holds (at most 1,000 are counted), None if not counted.
        protected: Whether a table refuses deletion now.

    """

    kind: Kind
    name: str
    state: Holding | Unknown
    logical_id: str
    stack: str
    owner: str | None = None
    region: str | None = None
    adoptable: bool = False
    objects: int | None = None
    protected: bool = False
