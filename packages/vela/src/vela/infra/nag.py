"""Which findings of cdk-nag (AwsSolutions) and of CloudFormation's own rules Vela accepts.

Law: a finding is accepted on the narrowest construct it is about, with the reason, where that
construct is made. Everything else fails synthesis.
"""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

VPC_ACCESS_POLICY = "service-role/AWSLambdaVPCAccessExecutionRole"
BASIC_EXECUTION_POLICY = "service-role/AWSLambdaBasicExecutionRole"


def accept(construct: IConstruct, rule: str, *, because: str) -> None:
    """Accept what *rule* finds on *construct*; a rule of many findings is named with the finding."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=because))


def managed_policy(name: str) -> str:
    """Name the finding that an AWS managed policy is attached."""
    return f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]"


def wildcard(finding: str) -> str:
    """Name the finding that a policy has a wildcard, as in ``Action::s3:List*``."""
    return f"AwsSolutions-IAM5[{finding}]"
