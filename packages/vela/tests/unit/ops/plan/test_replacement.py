"""The table of what replaces, held to its evidence."""

import gzip
import json
from functools import cache
from pathlib import Path

import pytest

from vela.ops.plan.replacement import ALWAYS, SOMETIMES, STATEFUL, replaces

DATABASE = Path(__file__).parents[6] / "node_modules/aws-cdk/db.json.gz"


@cache
def resources():
    """The resource types as the pinned CDK CLI knows them, by name."""
    with gzip.open(DATABASE) as file:
        entities = json.load(file)["schema"]["resource"]["entities"]
    return {entity["cloudFormationType"]: entity for entity in entities}


def properties(type_, causes):
    found = resources()[type_]["properties"].items()
    return {name for name, spec in found if spec.get("causesReplacement") == causes}


@pytest.mark.parametrize("type_", sorted(ALWAYS))
def test_a_row_is_what_the_cdk_clis_own_database_says(type_):
    assert ALWAYS[type_] == properties(type_, "yes")
    assert SOMETIMES.get(type_, frozenset()) == properties(type_, "maybe")


def test_what_is_not_in_the_table_is_not_known():
    assert replaces("AWS::New::Thing", "Name") is None
    assert replaces("AWS::S3::Bucket", "BucketName") is True
    assert replaces("AWS::S3::Bucket", "Tags") is False
    assert replaces("AWS::EC2::VPC", "InstanceTenancy") is None


def test_stateful_types_are_types_of_the_table():
    assert set(ALWAYS) >= STATEFUL
