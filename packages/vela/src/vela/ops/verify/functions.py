"""The API's functions: their configuration and their permissions, as the template has them.

Law: both ways, nothing missing and nothing more. `gather` asks, `check` is pure.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vela.ops.aws import Aws
from vela.ops.facts.threads import each
from vela.ops.facts.unknown import Unknown
from vela.ops.refusals import known, unless
from vela.ops.verify.likeness import Ids, agrees, same_members
from vela.ops.verify.report import Check, Subject

CONFIGURATION = Subject("function-configuration", "The functions are configured as in the template")
PERMISSIONS = Subject(
    "function-permissions", "The functions may do what the template says, no more"
)

FUNCTION, PERMISSION = "AWS::Lambda::Function", "AWS::Lambda::Permission"
ROLE, POLICY = "AWS::IAM::Role", "AWS::IAM::Policy"

#: Properties that Lambda answers under the names the template has.
COMPARED = (
    *(("Runtime",), ("Handler",), ("Timeout",), ("MemorySize",), ("Architectures",), ("Role",)),
    *(("Environment", "Variables"), ("VpcConfig", "SubnetIds"), ("VpcConfig", "SecurityGroupIds")),
    *(("LoggingConfig", "LogFormat"), ("LoggingConfig", "LogGroup")),
)

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSeen:
    """A deployed function.

    Attributes:
        logical_id: In the template.
        configuration: As Lambda answers it.
        inline: Documents of its role's own policies.
        managed: ARNs of its role's managed policies.
        invokers: Statements of its resource policy.

    """

    logical_id: str
    configuration: Mapping[str, Any]
    inline: tuple[Mapping[str, Any], ...] | Unknown = ()
    managed: tuple[str, ...] | Unknown = ()
    invokers: tuple[Mapping[str, Any], ...] | Unknown = ()


Functions = tuple[FunctionSeen, ...]


def gather(aws: Aws, template: Template, ids: Ids) -> Functions | Unknown:
    """Read every function that the template makes."""
    wanted = tuple(name for name, _ in _of_type(template, FUNCTION))
    action = "lambda:GetFunctionConfiguration"
    return known(action, lambda: each(lambda name: _seen(aws, name, ids[name]), wanted))


def configuration(functions: Functions | Unknown, template: Template, ids: Ids) -> Check:
    """Compare the configurations."""
    if isinstance(functions, Unknown):
        return CONFIGURATION.unknown(functions)
    wrong = [text for seen in functions for text in _differing(seen, template, ids)]
    return CONFIGURATION.judged(wrong, f"{len(functions)} functions, {len(COMPARED)} settings each")


def permissions(functions: Functions | Unknown, template: Template, ids: Ids) -> Check:
    """Compare what the functions may do, and who may call them."""
    if isinstance(functions, Unknown):
        return PERMISSIONS.unknown(functions)
    wrong: list[str] = []
    statements = 0
    for seen in functions:
        for kind, wanted, found in _allowed(seen, template):
            if isinstance(found, Unknown):
                return PERMISSIONS.unknown(found)
            statements += len(found)
            if not same_members(wanted, found, ids):
                wrong.append(f"{seen.logical_id}: its {kind} are {_short(found)}")
    return PERMISSIONS.judged(wrong, f"{len(functions)} functions, {statements} statements")


def _seen(aws: Aws, logical_id: str, name: str) -> FunctionSeen:
    found: Mapping[str, Any] = aws.functions.get_function_configuration(FunctionName=name)
    role = str(found["Role"]).rpartition("/")[2]
    return FunctionSeen(
        logical_id=logical_id,
        configuration=found,
        inline=known("iam:GetRolePolicy", lambda: tuple(_inline(aws, role))),
        managed=known("iam:ListAttachedRolePolicies", lambda: tuple(_managed(aws, role))),
        invokers=known("lambda:GetPolicy", lambda: tuple(_invokers(aws, name))),
    )


def _inline(aws: Aws, role: str) -> Iterator[Mapping[str, Any]]:
    for page in aws.iam.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            told = aws.iam.get_role_policy(RoleName=role, PolicyName=name)
            yield from _statements(told["PolicyDocument"])


def _managed(aws: Aws, role: str) -> Iterator[str]:
    for page in aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        yield from (policy["PolicyArn"] for policy in page["AttachedPolicies"])


def _invokers(aws: Aws, function: str) -> Iterator[Mapping[str, Any]]:
    told = unless(
        "ResourceNotFoundException", lambda: aws.functions.get_policy(FunctionName=function)
    )
    for statement in _statements(json.loads(told["Policy"])) if told else ():
        condition = statement.get("Condition", {}).get("ArnLike", {})
        principal = statement["Principal"]
        yield {
            "Action": statement["Action"],
            "Principal": principal.get("Service") if isinstance(principal, dict) else principal,
            "SourceArn": condition.get("AWS:SourceArn") or condition.get("aws:SourceArn"),
        }


def _statements(document: Any) -> tuple[Mapping[str, Any], ...]:
    found = document["Statement"]
    return tuple(found) if isinstance(found, list) else (found,)


def _of_type(template: Template, type_: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == type_:
            yield name, resource["Properties"]


def _differing(seen: FunctionSeen, template: Template, ids: Ids) -> Iterator[str]:
    properties = template["Resources"][seen.logical_id]["Properties"]
    for path in COMPARED:
        wanted, found = _at(properties, path), _at(seen.configuration, path)
        if wanted is not None and not agrees(wanted, found, ids):
            yield f"{seen.logical_id}: {'.'.join(path)} is {_short(found)}"
    state = seen.configuration.get("State"), seen.configuration.get("LastUpdateStatus")
    if state != ("Active", "Successful"):
        yield f"{seen.logical_id}: it is {state[0]}, its last update {state[1]}"


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


Wanted = tuple[str, list[Any], Any]


def _allowed(seen: FunctionSeen, template: Template) -> Iterator[Wanted]:
    """Give what the template and what IAM and Lambda say, kind by kind."""
    properties = template["Resources"][seen.logical_id]["Properties"]
    role = properties["Role"]["Fn::GetAtt"][0]
    own = dict(_of_type(template, ROLE))[role]
    documents = [policy["PolicyDocument"] for policy in own.get("Policies", [])]
    for _, policy in _of_type(template, POLICY):
        if {"Ref": role} in policy.get("Roles", []):
            documents.append(policy["PolicyDocument"])
    yield "statements", [s for document in documents for s in _statements(document)], seen.inline
    yield "managed policies", own.get("ManagedPolicyArns", []), seen.managed
    calls = [
        {name: permission.get(name) for name in ("Action", "Principal", "SourceArn")}
        for _, permission in _of_type(template, PERMISSION)
        if permission["FunctionName"] == {"Fn::GetAtt": [seen.logical_id, "Arn"]}
    ]
    yield "invokers", calls, seen.invokers


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 160 else f"{text[:160]}…"  # noqa: PLR2004 - a line of a terminal
