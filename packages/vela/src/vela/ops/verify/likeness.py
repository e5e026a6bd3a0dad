"""Whether a deployed value is what a template says.

Law: pure. What the template says in letters has to be exactly that; what CloudFormation computes has
to contain what is known of it (a resource's physical id) and may not be empty.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

#: Physical ids by the logical ids of one stack.
Ids = Mapping[str, str]

_SUBSTITUTED = re.compile(r"(\$\{[^}]+\})")
SOMETHING = ".+"


def agrees(wanted: Any, found: Any, ids: Ids) -> bool:
    """Tell whether *found* is what the template's value *wanted* becomes."""
    if computed(wanted):
        return isinstance(found, str) and bool(re.fullmatch(pattern(wanted, ids), found))
    if isinstance(wanted, Mapping):
        return (
            isinstance(found, Mapping)
            and set(wanted) == set(found)
            and all(agrees(value, found[name], ids) for name, value in wanted.items())
        )
    if isinstance(wanted, list):
        return isinstance(found, Sequence) and same_members(wanted, found, ids)
    return str(wanted) == str(found)


def same_members(wanted: Sequence[Any], found: Sequence[Any], ids: Ids) -> bool:
    """Tell whether each wanted one is there and nothing else, in any order."""
    left = list(found)
    for one in wanted:
        match = next((other for other in left if agrees(one, other, ids)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def computed(value: Any) -> bool:
    """Tell whether CloudFormation computes the value."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    (name,) = value
    return str(name) == "Ref" or str(name).startswith("Fn::")


def pattern(wanted: object, ids: Ids) -> str:
    """Give the regular expression of what a template's value may become."""
    match wanted:
        case {"Ref": str(name)}:
            return re.escape(ids[name]) if ids.get(name) else SOMETHING
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return f".*{re.escape(ids[name])}" if ids.get(name) else SOMETHING
        case {"Fn::Join": [str(separator), list(parts)]}:
            return re.escape(separator).join(pattern(part, ids) for part in parts)
        case {"Fn::Sub": str(text)}:
            pieces = _SUBSTITUTED.split(text)
            return "".join(SOMETHING if n % 2 else re.escape(p) for n, p in enumerate(pieces))
        case str(text):
            return re.escape(text)
        case _:
            return SOMETHING
