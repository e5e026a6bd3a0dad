"""Gap: Aurora DSQL clusters, by CloudFormation and by the API."""

import re

import pytest

PROTECTED = "deletion protection"


def cluster(*, protected, tags=()):
    return {
        "Resources": {
            "Cluster": {
                "Type": "AWS::DSQL::Cluster",
                "Properties": {
                    "DeletionProtectionEnabled": protected,
                    "Tags": [{"Key": k, "Value": v} for k, v in tags],
                },
            }
        },
        "Outputs": {
            "Ref": {"Value": {"Ref": "Cluster"}},
            **{
                name: {"Value": {"Fn::GetAtt": ["Cluster", name]}}
                for name in (
                    "Identifier",
                    "ResourceArn",
                    "Status",
                    "Endpoint",
                    "VpcEndpoint",
                    "VpcEndpointServiceName",
                )
            },
        },
    }


def test_a_cluster_has_the_attributes_and_the_host_form_of_aws(aws):
    with aws.deployed(cluster(protected=False)) as stack:
        found = stack.outputs

    identifier = found["Identifier"]
    suffix = found["VpcEndpointServiceName"].rpartition(".dsql-")[2]
    account, region = aws.running.account_id, aws.running.region
    assert re.fullmatch("[a-z0-9]{26}", identifier)
    assert found == {
        "Ref": identifier,
        "Identifier": identifier,
        "ResourceArn": f"arn:aws:dsql:{region}:{account}:cluster/{identifier}",
        "Status": "ACTIVE",
        "Endpoint": f"{identifier}.dsql.{region}.on.aws",
        "VpcEndpoint": f"{identifier}.dsql-{suffix}.{region}.on.aws",
        "VpcEndpointServiceName": f"com.amazonaws.{region}.dsql-{suffix}",
    }


def test_the_api_knows_the_cluster_that_cloudformation_made(aws):
    with aws.deployed(cluster(protected=False, tags=[("Name", "vela")])) as stack:
        identifier, arn = stack.outputs["Identifier"], stack.outputs["ResourceArn"]
        dsql = aws.client("dsql")

        assert dsql.get_cluster(identifier=identifier)["arn"] == arn
        assert dsql.list_tags_for_resource(resourceArn=arn)["tags"]["Name"] == "vela"
        assert identifier in {c["identifier"] for c in dsql.list_clusters()["clusters"]}
        service = dsql.get_vpc_endpoint_service_name(identifier=identifier)["serviceName"]
        assert service == stack.outputs["VpcEndpointServiceName"]


def test_an_update_changes_protection_and_tags_in_place(aws):
    with aws.deployed(cluster(protected=True, tags=[("Name", "old"), ("Gone", "1")])) as stack:
        before = stack.outputs["Identifier"]
        stack.update(cluster(protected=False, tags=[("Name", "new")]))
        found = aws.client("dsql").get_cluster(identifier=before)

        assert stack.outputs["Identifier"] == before
        assert found["deletionProtectionEnabled"] is False
        assert {k: v for k, v in found["tags"].items() if k in {"Name", "Gone"}} == {"Name": "new"}


def test_a_protected_cluster_is_not_deleted_with_its_stack(aws):
    stack = aws.deploy(cluster(protected=True))
    try:
        with pytest.raises(Exception, match="DELETE_FAILED"):
            stack.delete()

        assert any(PROTECTED in reason.lower() for reason in stack.failures())
        status = aws.client("dsql").get_cluster(identifier=stack.outputs["Identifier"])["status"]
        assert status == "ACTIVE"
    finally:
        dsql = aws.client("dsql")
        dsql.update_cluster(identifier=stack.outputs["Identifier"], deletionProtectionEnabled=False)
        stack.delete()


def test_the_api_refuses_as_dsql_does(aws):
    dsql = aws.client("dsql")

    with pytest.raises(dsql.exceptions.ResourceNotFoundException):
        dsql.get_cluster(identifier="a" * 26)
