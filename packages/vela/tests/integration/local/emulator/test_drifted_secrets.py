"""Gap: the drift of a secret, whose physical id is its ARN.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

import pytest


@pytest.mark.parametrize("deleted", [False, True])
def test_a_secret_has_drifted_only_once_it_is_gone(aws, deleted):
    cloudformation, secrets = aws.client("cloudformation"), aws.client("secretsmanager")
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": "kept"}}

    with aws.deployed({"Resources": {"Kept": secret}}) as stack:
        if deleted:
            [resource] = cloudformation.describe_stack_resources(StackName=stack.name)[
                "StackResources"
            ]
            arn = resource["PhysicalResourceId"]
            secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
        cloudformation.detect_stack_drift(StackName=stack.name)
        drifts = cloudformation.describe_stack_resource_drifts(StackName=stack.name)

    [drift] = drifts["StackResourceDrifts"]
    assert drift["StackResourceDriftStatus"] == ("DELETED" if deleted else "IN_SYNC")
