"""The ``Condition`` element of a policy statement.

Law: a condition is either evaluated exactly as IAM documents it, or it is `Unsupported`, which is
neither true nor false. Nothing is guessed, so nothing is granted by a guess.

Evaluated are the global keys which every connection to DSQL carries, each by the operators made
for its type; the rows of `KEYS` and `OPERATORS` are the whole list.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from dsql_local.auth.glob import compile_glob
from dsql_local.auth.grammar import malformed, object_of, scalars_of, variable_in
from dsql_local.auth.truth import Truth, Unsupported, all_of

ARN_PARTS: Final = 6

Kind = Literal["string", "arn", "bool", "date"]
Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What IAM knows of a connection attempt."""

    action: str
    resource: str
    principal: str
    region: str
    now: float


@dataclass(frozen=True, slots=True)
class Key:
    """A condition key: the types by which it can be compared, and its value."""

    kinds: tuple[Kind, ...]
    read: Callable[[Request], str]


@dataclass(frozen=True, slots=True)
class Operator:
    """A condition operator: the type it compares, and how a policy's value becomes a test."""

    kind: Kind
    test: Callable[[str], Test | Unsupported]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """True if any of the tests passes on the key's value; *negated*, if none does."""

    read: Callable[[Request], str]
    tests: tuple[Test, ...]
    negated: bool

    def holds(self, request: Request) -> bool:
        """Whether *request* meets the condition."""
        value = self.read(request)
        return any(test(value) for test in self.tests) is not self.negated


Conditions = tuple[Condition | Unsupported, ...]


def parse_conditions(element: object, *, variables: bool) -> Conditions:
    """Parse a ``Condition`` element; *variables* says whether ``${...}`` is special in it."""
    return tuple(
        _condition(name, key, scalars_of(values, f"{name} on {key}"), variables=variables)
        for name, block in object_of(element, "Condition").items()
        for key, values in object_of(block, name).items()
    )


def hold(conditions: Conditions, request: Request) -> Truth:
    """Whether *request* meets every condition."""
    return all_of(
        each if isinstance(each, Unsupported) else each.holds(request) for each in conditions
    )


def _condition(
    name: str, key_name: str, values: tuple[str, ...], *, variables: bool
) -> Condition | Unsupported:
    if not _OPERATOR_NAME.fullmatch(name):
        raise malformed(f"there is no condition operator {name!r}")
    if (key := KEYS.get(key_name.lower())) is None:
        return Unsupported(f"condition key {key_name}")
    # Every key of ours is always present, so an operator asks the same with IfExists.
    if (by := OPERATORS.get(name.removesuffix("IfExists"))) is None:
        return Unsupported(f"condition operator {name}")
    if by.kind not in key.kinds:
        return Unsupported(f"condition operator {name} on key {key_name}")
    tests: list[Test] = []
    for value in values:
        if variables and (variable := variable_in(value)):
            return Unsupported(f"policy variable {variable}")
        if isinstance(test := by.test(value), Unsupported):
            return test
        tests.append(test)
    return Condition(read=key.read, tests=tuple(tests), negated=by.negated)


def _equals(wanted: str) -> Test:
    return lambda value: value == wanted


def _equals_ignoring_case(wanted: str) -> Test:
    return lambda value: value.lower() == wanted.lower()


def _like(wanted: str) -> Test:
    glob = compile_glob(wanted)
    return lambda value: glob.fullmatch(value) is not None


def _arn_like(wanted: str) -> Test | Unsupported:
    globs = [compile_glob(part) for part in wanted.split(":", ARN_PARTS - 1)]
    if len(globs) != ARN_PARTS:
        return Unsupported("an ARN condition whose value has not the six parts of an ARN")
    return lambda value: all(
        glob.fullmatch(part)
        for glob, part in zip(globs, value.split(":", ARN_PARTS - 1), strict=True)
    )


def _truth(wanted: str) -> Test:
    if wanted.lower() not in {"true", "false"}:
        raise malformed(f"{wanted!r} is neither true nor false")
    return lambda value: value == wanted.lower()


def _date(compare: Callable[[float, float], bool]) -> Callable[[str], Test]:
    def test_of(wanted: str) -> Test:
        moment = _epoch(wanted)
        return lambda value: compare(float(value), moment)

    return test_of


def _epoch(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise malformed(f"{text!r} is neither an ISO 8601 date nor epoch seconds") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


_NUMBER = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)

_OPERATOR_NAME = re.compile(
    r"(ForAllValues:|ForAnyValue:)?"
    r"(String(Not)?(Equals|EqualsIgnoreCase|Like)"
    r"|(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)"
    r"|Arn(Not)?(Equals|Like)|Bool|BinaryEquals|(Not)?IpAddress)"
    r"(IfExists)?|Null"
)

KEYS: Final[Mapping[str, Key]] = {
    "aws:principalarn": Key(("string", "arn"), lambda request: request.principal),
    "aws:principalaccount": Key(("string",), lambda request: request.principal.split(":")[4]),
    "aws:resourceaccount": Key(("string",), lambda request: request.resource.split(":")[4]),
    "aws:requestedregion": Key(("string",), lambda request: request.region),
    "aws:securetransport": Key(("bool",), lambda _: "true"),  # plaintext never gets this far
    "aws:currenttime": Key(("date",), lambda request: str(request.now)),
    "aws:epochtime": Key(("date",), lambda request: str(request.now)),
}

OPERATORS: Final[Mapping[str, Operator]] = {
    "StringEquals": Operator("string", _equals),
    "StringNotEquals": Operator("string", _equals, negated=True),
    "StringEqualsIgnoreCase": Operator("string", _equals_ignoring_case),
    "StringNotEqualsIgnoreCase": Operator("string", _equals_ignoring_case, negated=True),
    "StringLike": Operator("string", _like),
    "StringNotLike": Operator("string", _like, negated=True),
    "ArnEquals": Operator("arn", _arn_like),
    "ArnNotEquals": Operator("arn", _arn_like, negated=True),
    "ArnLike": Operator("arn", _arn_like),
    "ArnNotLike": Operator("arn", _arn_like, negated=True),
    "Bool": Operator("bool", _truth),
    "DateEquals": Operator("date", _date(operator.eq)),
    "DateNotEquals": Operator("date", _date(operator.eq), negated=True),
    "DateLessThan": Operator("date", _date(operator.lt)),
    "DateLessThanEquals": Operator("date", _date(operator.le)),
    "DateGreaterThan": Operator("date", _date(operator.gt)),
    "DateGreaterThanEquals": Operator("date", _date(operator.ge)),
}
