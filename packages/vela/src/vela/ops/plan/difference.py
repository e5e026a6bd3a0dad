"""What a template changes of the one that is deployed.

Law: pure. Two templates in, changes out; names are logical ids, values are compared as CloudFormation
returns them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from vela.ops.plan.replacement import STATEFUL, replaces
from vela.ops.plan.steps import Action, Change

Template = Mapping[str, Any]
Resource = Mapping[str, Any]

#: CloudFormation gives these characters back as question marks (as the CDK CLI knows, too).
_FOREIGN = re.compile("[\u0080-\U0010ffff]")
#: Kept beside a resource, and no part of what it is.
_ASIDE = frozenset({"DependsOn"})
#: Sections that say how, not what.
_SILENT = frozenset({"Description", "Rules", "AWSTemplateFormatVersion", "Metadata"})
_KEEPS = frozenset({"Retain", "RetainExceptOnCreate"})
#: The attributes that decide what becomes of data.
_ENDS = ("DeletionPolicy", "UpdateReplacePolicy")
#: Literal names, for people.
_NAMES = ("BucketName", "TableName", "FunctionName", "LogGroupName", "Name", "AlarmName")


def same(deployed: Template, wanted: Template) -> bool:
    """Tell whether deploying *wanted* over *deployed* would change nothing."""
    return bool(_essence(deployed) == _essence(wanted))


def difference(
    deployed: Template | None, wanted: Template, *, imported: frozenset[str] = frozenset()
) -> tuple[Change, ...]:
    """List what deploying *wanted* over *deployed* changes; *imported* are taken in, not created."""
    old, new = _resources(deployed or {}), _resources(wanted)
    gone = [_removal(id_, old[id_]) for id_ in old if id_ not in new]
    made = [_creation(id_, new[id_], imported) for id_ in new if id_ not in old]
    return (*made, *_modifications(old, new), *gone)


def removal(deployed: Template) -> tuple[Change, ...]:
    """List what deleting the stack of *deployed* does to its resources."""
    return tuple(_removal(id_, resource) for id_, resource in _resources(deployed).items())


def _essence(template: Template) -> Any:
    """Reduce a template to what CloudFormation acts on."""
    kept = {name: section for name, section in template.items() if name not in _SILENT}
    if "Resources" in kept:
        kept["Resources"] = {
            id_: {part: value for part, value in resource.items() if part not in _ASIDE}
            for id_, resource in kept["Resources"].items()
        }
    return mangled(kept)


def _resources(template: Template) -> dict[str, Resource]:
    return {id_: mangled(resource) for id_, resource in template.get("Resources", {}).items()}


def mangled(value: Any) -> Any:
    """Give a template, or a part of one, as CloudFormation gives it back."""
    match value:
        case str():
            return _FOREIGN.sub("?", value)
        case Mapping():
            return {mangled(key): mangled(inner) for key, inner in value.items()}
        case list() | tuple():
            return [mangled(inner) for inner in value]
        case _:
            return value


def _creation(id_: str, resource: Resource, imported: frozenset[str]) -> Change:
    action = Action.IMPORTED if id_ in imported else Action.CREATED
    return Change(action=action, logical_id=id_, type=_type(resource), detail=_name(resource))


def _removal(id_: str, resource: Resource) -> Change:
    kept = resource.get("DeletionPolicy") in _KEEPS
    return Change(
        action=Action.RETAINED if kept else Action.REMOVED,
        logical_id=id_,
        type=_type(resource),
        data_at_risk=not kept and _type(resource) in STATEFUL,
        detail=_name(resource),
    )


def _modifications(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> Iterator[Change]:
    replaced = _replaced(old, new)
    for id_ in (id_ for id_ in new if id_ in old):
        properties = tuple(_differing(old[id_], new[id_]))
        if _type(old[id_]) != _type(new[id_]):
            yield _replacement(id_, old[id_], new[id_], Action.REPLACED, ("Type",))
        elif id_ in replaced:
            reason = (*properties, *_references(new[id_], replaced - {id_}))
            yield _replacement(id_, old[id_], new[id_], _surely(old, new, id_), reason)
        elif properties or _beside(old[id_]) != _beside(new[id_]):
            detail = ", ".join((*properties, *_attributes(old[id_], new[id_])))
            yield Change(action=Action.CHANGED, logical_id=id_, type=_type(new[id_]), detail=detail)


def _surely(old: Mapping[str, Resource], new: Mapping[str, Resource], id_: str) -> Action:
    type_ = _type(new[id_])
    sure = any(replaces(type_, name) for name in _differing(old[id_], new[id_]))
    return Action.REPLACED if sure else Action.MAY_BE_REPLACED


def _replacement(
    id_: str, old: Resource, new: Resource, action: Action, reason: tuple[str, ...]
) -> Change:
    kept = old.get("UpdateReplacePolicy") in _KEEPS
    named = f" ({name})" if (name := _name(old)) else ""
    return Change(
        action=action,
        logical_id=id_,
        type=_type(new),
        data_at_risk=not kept and _type(old) in STATEFUL,
        detail=", ".join(reason) + named,
    )


def _replaced(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> frozenset[str]:
    """Find what is or may be replaced, and what that carries along by its references."""
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(
            id_
            for id_ in new
            if id_ in old and (_own_reason(old[id_], new[id_]) or _carried(new[id_], found - {id_}))
        )
        if more == found:
            return found
        found = more


def _own_reason(old: Resource, new: Resource) -> bool:
    type_ = _type(new)
    return type_ != _type(old) or any(
        replaces(type_, name) is not False for name in _differing(old, new)
    )


def _carried(resource: Resource, replaced: frozenset[str]) -> bool:
    """Tell whether a property that replaces refers to what is replaced."""
    properties = resource.get("Properties", {})
    return any(
        replaces(_type(resource), name) and any(_refers(value, replaced))
        for name, value in properties.items()
    )


def _references(resource: Resource, replaced: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(set(_refers(resource.get("Properties", {}), replaced))))


def _refers(value: Any, ids: frozenset[str]) -> Iterator[str]:
    match value:
        case {"Ref": str(id_)} if id_ in ids:
            yield id_
        case {"Fn::GetAtt": [str(id_), *_]} if id_ in ids:
            yield id_
        case Mapping():
            for inner in value.values():
                yield from _refers(inner, ids)
        case list():
            for inner in value:
                yield from _refers(inner, ids)
        case _:
            return


def _differing(old: Resource, new: Resource) -> Iterator[str]:
    before, after = old.get("Properties", {}), new.get("Properties", {})
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield name


def _attributes(old: Resource, new: Resource) -> Iterator[str]:
    """Say what changes beside the properties; of how data end, from what to what."""
    before, after = _beside(old), _beside(new)
    for name in sorted({*before, *after}):
        was, is_ = before.get(name, "Delete"), after.get(name, "Delete")
        if was != is_:
            yield f"{name} from {was} to {is_}" if name in _ENDS else name


def gives_up(deployed: Template | None, wanted: Template) -> tuple[str, ...]:
    """Name what holds data and outlives its stack now, but not once *wanted* is deployed."""
    old, new = _resources(deployed or {}), _resources(wanted)
    return tuple(
        _name(resource) or id_
        for id_, resource in new.items()
        if _type(resource) in STATEFUL
        and old.get(id_, {}).get("DeletionPolicy") in _KEEPS
        and resource.get("DeletionPolicy") not in _KEEPS
    )


def _beside(resource: Resource) -> dict[str, Any]:
    return {k: v for k, v in resource.items() if k not in {"Properties", *_ASIDE}}


def _type(resource: Resource) -> str:
    return str(resource.get("Type", ""))


def _name(resource: Resource) -> str:
    properties = resource.get("Properties", {})
    return next((p for n in _NAMES if isinstance(p := properties.get(n), str)), "")
