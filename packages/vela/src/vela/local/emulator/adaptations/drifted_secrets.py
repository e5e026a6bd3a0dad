"""Gap: the drift of a secret.

The emulator looks a stack's secret up by name, though its physical id is its ARN, as on AWS, so it
finds every secret deleted: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html#aws-resource-secretsmanager-secret-return-values
"""

from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import drift

from .cloud import Cloud
from .replacement import expected

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - the type's name


def apply(_cloud: Cloud) -> None:
    """Read a secret back by its ARN."""
    secrets = expected(secretsmanager, "_secrets")
    readers = expected(drift, "_DRIFT_READERS")
    by_name, compared = readers[SECRET]

    def by_arn(physical_id: str, declared: dict[str, Any]) -> Any:
        found = (name for name, secret in secrets.items() if secret.get("ARN") == physical_id)
        return by_name(next(found, physical_id), declared)

    readers[SECRET] = (by_arn, compared)
