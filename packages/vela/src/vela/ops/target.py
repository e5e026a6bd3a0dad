"""Where a command works: the AWS account, or the cloud on this machine."""

from enum import StrEnum


class Target(StrEnum):
    """The two places Vela is deployed to, by the same CDK command."""

    AWS = "aws"
    LOCAL = "local"
