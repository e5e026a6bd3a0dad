"""Gap: attributes that CloudFormation reads back otherwise than AWS gives them.

``Ref`` of a secret is its ARN, a VPC has its address range, a table's point-in-time recovery is
what its template says, and a function keeps the subnets and security groups it was given.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb, lambda_svc, secretsmanager
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .replacement import EmulatorChanged, expected

Handler = dict[str, Any]
Properties = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Wrap the four resource types."""
    handlers = expected(provisioners, "_RESOURCE_HANDLERS")
    _secret_is_its_arn(handlers["AWS::SecretsManager::Secret"])
    _after(handlers["AWS::EC2::VPC"], _give_address_range)
    _after(handlers["AWS::DynamoDB::Table"], _keep_point_in_time_recovery)
    _after(handlers["AWS::Lambda::Function"], _keep_vpc_config)


def _secret_is_its_arn(handler: Handler) -> None:
    """Make the ARN the physical id outside, and the name inside, where the emulator keys by it."""
    create, update, delete = (handler[step] for step in ("create", "update", "delete"))
    if not handler.get("update_with_logical_id"):
        raise EmulatorChanged("a secret's update no longer takes its logical id")

    def created(*arguments: Any) -> Any:
        _name, attributes = create(*arguments)
        return attributes["Arn"], attributes

    def updated(arn: str, *arguments: Any) -> Any:
        _name, attributes = update(_secret_name(arn), *arguments)
        return attributes["Arn"], attributes

    handler.update(
        create=created,
        update=updated,
        delete=lambda arn, properties: delete(_secret_name(arn), properties),
    )


def _secret_name(arn: str) -> str:
    for name, secret in secretsmanager._secrets.items():
        if secret["ARN"] == arn:
            return str(name)
    return arn


def _after(handler: Handler, complete: Callable[[str, Properties, Properties], None]) -> None:
    """Call *complete* with the id, properties and attributes after creation and update."""
    create, update = handler["create"], handler["update"]

    def created(logical_id: str, properties: Properties, stack: str) -> Any:
        physical_id, attributes = create(logical_id, properties, stack)
        complete(physical_id, properties, attributes)
        return physical_id, attributes

    def updated(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        physical_id, attributes = update(physical_id, old, new, *rest)
        complete(physical_id, new, attributes)
        return physical_id, attributes

    handler.update(create=created, update=updated)


def _give_address_range(_vpc: str, properties: Properties, attributes: Properties) -> None:
    attributes["CidrBlock"] = properties["CidrBlock"]


def _keep_point_in_time_recovery(
    table: str, properties: Properties, _attributes: Properties
) -> None:
    wanted = properties.get("PointInTimeRecoverySpecification") or {}
    enabled = str(wanted.get("PointInTimeRecoveryEnabled", False)).lower() == "true"
    dynamodb._pitr_settings[table] = enabled


def _keep_vpc_config(function: str, properties: Properties, _attributes: Properties) -> None:
    config = lambda_svc._functions[function]["config"]
    config["VpcConfig"] = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))
