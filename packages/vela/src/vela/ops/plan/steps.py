"""A plan: ordered steps, each a value that says what it changes.

Law: values only. The executor matches them exhaustively; whoever shows them asks `title` and
`changes` and decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vela.ops.findings import Finding
from vela.ops.plan.costs import CostLine

Context = Mapping[str, str]


class Action(StrEnum):
    """What happens to one resource."""

    CREATED = "created"
    CHANGED = "changed"
    REPLACED = "replaced"
    MAY_BE_REPLACED = "may be replaced"
    REMOVED = "removed"
    RETAINED = "retained"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one resource of a stack.

    Attributes:
        action: To it.
        logical_id: In the template.
        type: As CloudFormation names it.
        data_at_risk: Whether data are lost by it.
        detail: The properties that differ, or a resource's literal name.

    """

    action: Action
    logical_id: str
    type: str
    data_at_risk: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A DNS record that has to be: *name* is an alias of *target*."""

    name: str
    target: str | None

    def __str__(self) -> str:
        """Write it as a zone file does; the target is known once the distribution is."""
        return f"{self.name}. CNAME {self.target or '<the CloudFrontDomain output>'}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """Create or update what CDK itself needs in the account."""

    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return "bootstrap the account for CDK"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitStack:
    """Wait for an operation of an earlier, interrupted run to end."""

    stack: str
    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return f"wait until CloudFormation has finished with {self.stack}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveEmptyStack:
    """Delete a stack that only ever was a name, or whose first creation was rolled back."""

    stack: str
    status: str
    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return f"remove the empty stack {self.stack} ({self.status})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueRollback:
    """Let CloudFormation finish a rollback that failed."""

    stack: str
    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return f"finish the failed rollback of {self.stack}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployStack:
    """Deploy one stack.

    Attributes:
        stack: Its name.
        changes: What differs from what is deployed.
        import_existing: Whether resources that exist are taken in with what they hold.
        context: What the CDK app is told beside what the user told it.
        purpose: Why, where it is not simply the code that changed.
        retry_dns: Whether CloudFront may still see the old DNS answer, so that it is tried again.

    """

    stack: str
    changes: tuple[Change, ...]
    import_existing: bool = False
    context: Context = field(default_factory=dict)
    purpose: str = ""
    retry_dns: bool = False

    @property
    def title(self) -> str:
        """One line for people."""
        return f"deploy {self.stack}{f': {self.purpose}' if self.purpose else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """Compare what was taken in with its template, and bring it in line where it differs."""

    stack: str
    logical_ids: tuple[str, ...]
    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return f"bring what {self.stack} took in to the template's settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpConflicts:
    """Ask CloudFront who else has the name, with our distribution to ask with."""

    domain: str
    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return f"ask CloudFront who else has {self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitRecord:
    """Print the record a person has to make, and wait until the name leads here."""

    record: Record
    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return f"wait for the DNS record {self.record}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """Call the health-check until it is known how often it says ok."""

    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return "verify that the platform works"


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyStack:
    """Delete one stack and what it does not retain."""

    stack: str
    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return f"destroy {self.stack}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyBucket:
    """Delete the website's bucket with its objects."""

    bucket: str
    objects: int | None = None
    then_remove: bool = True
    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        held = "all its objects" if self.objects is None else f"its {self.objects} objects"
        return f"delete the bucket {self.bucket} with {held}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitInterfaces:
    """Wait until Lambda has given back its network interfaces, which hold groups and subnets."""

    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return "wait for the functions' network interfaces to go"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindLeftovers:
    """Look for whatever still carries the platform's tag.

    Attributes:
        retained: Names that may remain.
        stacks: Stacks that stay, with all that is theirs.

    """

    retained: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def title(self) -> str:
        """One line for people."""
        return "look for what is left"


Step = (
    Bootstrap
    | AwaitStack
    | RemoveEmptyStack
    | ContinueRollback
    | DeployStack
    | Reconcile
    | LookUpConflicts
    | AwaitRecord
    | Verify
    | DestroyStack
    | EmptyBucket
    | AwaitInterfaces
    | FindLeftovers
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be done, in this order.

    Attributes:
        steps: In their order.
        costs: Each month, by line.
        findings: What the planner itself found; the doctor's come beside them.
        stays: What outlives a destroy, and why.
        clearing: How many of the first steps only clear the way: what they leave behind is known
            once they are done, so the rest is then planned anew.

    """

    steps: tuple[Step, ...]
    clearing: int = 0
    costs: tuple[CostLine, ...] = ()
    findings: tuple[Finding, ...] = ()
    stays: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change of every step."""
        return tuple(change for step in self.steps for change in step.changes)

    @property
    def data_at_risk(self) -> tuple[Change, ...]:
        """The changes that lose data."""
        return tuple(change for change in self.changes if change.data_at_risk)
