"""The texts are what the CDK CLI and the app print, cut."""

import pytest

from vela.ops.synthesis import reason

BROKEN = """ERROR The S3 Bucket has no logs. (AwsSolutions)
   VelaStack/Bucket/Resource aws-cdk-lib.aws_s3.CfnBucket
   Acknowledge with 'AwsSolutions::AwsSolutions-S1'

ERROR The S3 Bucket or bucket policy does not require requests to use SSL. (AwsSolutions)
   VelaStack/Bucket/Resource aws-cdk-lib.aws_s3.CfnBucket
   Acknowledge with 'AwsSolutions::AwsSolutions-S10'
Synthesis finished with errors
"""
RAISED = """Traceback (most recent call last):
  File "app.py", line 7, in <module>
    compose(app)
aws_cdk.errors.ValidationError: two stacks have one name
.venv/bin/python -m vela.infra.app: Subprocess exited with error 1
"""
FULL = """Traceback (most recent call last):
  File "app.py", line 7, in <module>
    write()
OSError: [Errno 28] No space left on device: 'x'
.venv/bin/python -m vela.infra.app: Subprocess exited with error 1
"""
OWN = """vela: E401 uv is not installed. Run `make install`
.venv/bin/python -m vela.infra.app: Subprocess exited with error 1
"""


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (
            BROKEN,
            "VelaStack/Bucket/Resource: The S3 Bucket has no logs. (AwsSolutions) (and 1 more)",
        ),
        (RAISED, "aws_cdk.errors.ValidationError: two stacks have one name"),
        (
            FULL,
            "no space is left on the disk (OSError: [Errno 28] No space left on device: 'x')",
        ),
        (OWN, "uv is not installed. Run `make install`"),
        ("ERROR a rule", "a rule"),
    ],
)
def test_the_reason_is_told_and_not_that_there_is_one(printed, told):
    assert reason(printed.splitlines(keepends=True)) == told


def test_output_without_a_reason_of_its_kind_tells_none():
    assert reason(["Error: cannot find a certificate\n"]) is None
    assert reason([]) is None
