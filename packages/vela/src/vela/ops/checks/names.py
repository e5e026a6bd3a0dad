"""Fixed names that something else holds: the trap of the retained bucket, and all like it.

Law: pure.
"""

from collections.abc import Iterator

from vela.ops.checks.check import Check, Subject, Told, present
from vela.ops.facts.facts import Facts
from vela.ops.facts.retained import Holding, Kind, RetainedFact
from vela.ops.findings import Severity

COUNTED = 1000
#: The ways out where a planned resource is not retained: production retains tables, and adopts them.
ADOPT_OR_DELETE = (
    "Deploy with `--stage production`, which adopts it; or, if nothing in it is needed, delete it"
)
DELETE = "Delete it if nothing in it is needed; the deployment makes it anew"
KEEPS_NAMES = "CloudFormation makes no resource whose name exists: the deployment would fail in its validation"


def orphaned(facts: Facts) -> Iterator[Told]:
    """Find what is ours, belongs to no stack and can be taken in."""
    for fact in _held(facts, Holding.ORPHANED):
        if fact.adoptable:
            yield Told(
                f"the {_named(fact)}{_content(fact)} exists and belongs to no stack",
                "`vela deploy` adopts it with what it holds; nothing in it is deleted",
            )


def unadoptable(facts: Facts) -> Iterator[Told]:
    """Find what is ours and belongs to no stack, but whose planned policy forbids adoption."""
    for fact in _held(facts, Holding.ORPHANED):
        if not fact.adoptable:
            yield Told(
                f"the {_named(fact)} exists, belongs to no stack, and {fact.logical_id} of "
                f"{fact.stack} is not planned to be retained",
                ADOPT_OR_DELETE if fact.kind is Kind.TABLE else DELETE,
            )


def owned_elsewhere(facts: Facts) -> Iterator[Told]:
    """Find a name that another stack owns."""
    for fact in _held(facts, Holding.OWNED):
        if not fact.in_its_place:
            yield Told(
                f"the {_named(fact)} belongs to the stack {fact.owner}",
                f"Destroy {fact.owner} first if it is an older deployment (what it retains is then "
                "adopted), or deploy into another account",
            )


def other_region(facts: Facts) -> Iterator[Told]:
    """Find our bucket in another Region."""
    for fact in _held(facts, Holding.OTHER_REGION):
        yield Told(
            f"the {_named(fact)} of this account is in {fact.region}, not in {facts.region.name}",
            "Copy what is needed out of it and delete it; its name is free again after some minutes",
        )


def other_account(facts: Facts) -> Iterator[Told]:
    """Find a bucket of somebody else under our name."""
    for fact in _held(facts, Holding.OTHER_ACCOUNT):
        yield Told(
            f"the {_named(fact)} belongs to another account",
            "Ask its owner to delete it, or deploy into another account: bucket names are one "
            "namespace for all accounts",
        )


def renamed(facts: Facts) -> Iterator[Told]:
    """Find a deployed resource whose name the template changes: it would be replaced."""
    for fact in present(facts.retained) or ():
        stack = (present(facts.stacks) or {}).get(fact.stack)
        deployed = stack.resources.get(fact.logical_id) if stack else None
        if deployed and deployed.physical_id and deployed.physical_id != fact.name:
            yield Told(
                f"the template calls {fact.logical_id} of {fact.stack} {fact.name!r}; "
                f"it is deployed as {deployed.physical_id!r}",
                "Give it its name back; to move on purpose, copy the data to a table or bucket of a "
                "new logical id first",
            )


def _held(facts: Facts, state: Holding) -> Iterator[RetainedFact]:
    return (fact for fact in present(facts.retained) or () if fact.state is state)


def _named(fact: RetainedFact) -> str:
    return f"{fact.kind.value.replace('-', ' ')} {fact.name}"


def _content(fact: RetainedFact) -> str:
    match fact.objects:
        case None:
            return ""
        case 0:
            return " (empty)"
        case 1:
            return " (1 object)"
        case count if count >= COUNTED:
            return f" ({COUNTED} objects or more)"
        case count:
            return f" ({count} objects)"


CHECKS = (
    Check(
        id="name-orphaned",
        subject=Subject.NAMES,
        severity=Severity.WARNING,
        when="a bucket, table, log group or function with a planned name exists in this account, "
        "belongs to no stack and can be adopted",
        why=f"{KEEPS_NAMES} (AWS::EarlyValidation::ResourceExistenceCheck), unless it is adopted",
        find=orphaned,
    ),
    Check(
        id="name-unadoptable",
        subject=Subject.NAMES,
        severity=Severity.BLOCKED,
        when="such a resource exists, but the template would delete it with its stack",
        why="CloudFormation adopts only what the template retains (DeletionPolicy Retain or "
        "RetainExceptOnCreate)",
        find=unadoptable,
    ),
    Check(
        id="name-owned",
        subject=Subject.NAMES,
        severity=Severity.BLOCKED,
        when="a planned name belongs to another stack of this account",
        why="A resource belongs to one stack; CloudFormation takes it from none",
        find=owned_elsewhere,
    ),
    Check(
        id="bucket-in-other-region",
        subject=Subject.NAMES,
        severity=Severity.BLOCKED,
        when="the bucket exists in another Region of this account",
        why="A bucket cannot be moved, and its name is one for all Regions",
        find=other_region,
    ),
    Check(
        id="bucket-of-other-account",
        subject=Subject.NAMES,
        severity=Severity.BLOCKED,
        when="the bucket exists in another account",
        why=KEEPS_NAMES,
        find=other_account,
    ),
    Check(
        id="name-changed",
        subject=Subject.NAMES,
        severity=Severity.BLOCKED,
        when="the template gives a deployed table, bucket, log group or function another name",
        why="CloudFormation would make a new, empty one, and delete or orphan the one with the data",
        find=renamed,
    ),
)
