"""The shapes of which an IAM policy document is made.

Law: an element has the shape IAM's grammar gives it, or `PolicyMalformed` names it. Values from
the document are repeated only where they are names a person must find again.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Mapping

from dsql_local.errors import PolicyMalformed

_VARIABLE = re.compile(r"\$\{[^}]*\}?")


def malformed(what: str) -> PolicyMalformed:
    """Make the error which says that a document breaks the grammar."""
    return PolicyMalformed(f"The IAM policy is malformed: {what}", "correct the document")


def object_of(element: object, where: str) -> Mapping[str, object]:
    """Read a JSON object."""
    if isinstance(element, Mapping) and all(isinstance(name, str) for name in element):
        return element
    raise malformed(f"{where} is not a JSON object")


def strings_of(element: object, where: str) -> tuple[str, ...]:
    """Read a string or a list of strings."""
    listed = element if isinstance(element, list) else [element]
    strings = tuple(item for item in listed if isinstance(item, str))
    if len(strings) != len(listed):
        raise malformed(f"{where} is neither a string nor a list of strings")
    return strings


def scalars_of(element: object, where: str) -> tuple[str, ...]:
    """Read one or more strings, numbers or booleans, as the strings IAM compares."""
    listed = element if isinstance(element, list) else [element]
    if not listed or not all(isinstance(item, str | int | float) for item in listed):
        raise malformed(f"{where} has nothing, or no plain value, to compare with")
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in listed)


def variable_in(text: str) -> str | None:
    """Find the first policy variable, ``${...}``."""
    found = _VARIABLE.search(text)
    return found.group() if found else None


def without_variables(text: str) -> str:
    """Put a star for every colon-separated part that holds a variable: its value may be anything."""
    parts = _VARIABLE.sub("${}", text).split(":")
    return ":".join("*" if "${}" in part else part for part in parts)
