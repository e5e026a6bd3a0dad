"""What a template changes of the one that is deployed."""

import copy

import pytest

from vela.ops.plan.difference import difference, gives_up, removal, same
from vela.ops.plan.steps import Action


def template(**resources):
    return {"Resources": resources}


def bucket(**properties):
    return {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": "vela-web-1", **properties},
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
    }


def table(policy="Delete", **properties):
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {"TableName": "vela-profiles", **properties},
        "DeletionPolicy": policy,
        "UpdateReplacePolicy": policy,
    }


def only(changes):
    (change,) = changes
    return change


def test_an_equal_template_changes_nothing():
    deployed = template(Bucket=bucket(Tags=[1]))

    assert difference(deployed, copy.deepcopy(deployed)) == ()
    assert same(deployed, copy.deepcopy(deployed))


def test_a_new_resource_is_created_and_named():
    change = only(difference(None, template(Bucket=bucket())))

    assert (change.action, change.detail) == (Action.CREATED, "vela-web-1")


def test_what_exists_is_imported_instead():
    change = only(difference(None, template(Bucket=bucket()), imported=frozenset({"Bucket"})))

    assert change.action is Action.IMPORTED


def test_a_property_that_does_not_replace_is_a_change():
    change = only(difference(template(T=table()), template(T=table(BillingMode="PAY_PER_REQUEST"))))

    assert (change.action, change.detail, change.data_at_risk) == (
        Action.CHANGED,
        "BillingMode",
        False,
    )


def test_a_renamed_table_is_replaced_and_its_data_are_at_risk():
    change = only(difference(template(T=table()), template(T=table(TableName="other"))))

    assert change.action is Action.REPLACED
    assert change.data_at_risk
    assert change.detail == "TableName (vela-profiles)"


def test_a_renamed_table_that_is_retained_keeps_its_data():
    old, new = table("Retain"), table("Retain", TableName="other")

    change = only(difference(template(T=old), template(T=new)))

    assert (change.action, change.data_at_risk) == (Action.REPLACED, False)


def test_a_type_that_is_not_known_may_be_replaced():
    old, new = ({"Type": "AWS::New::Thing", "Properties": {"A": value}} for value in (1, 2))

    assert only(difference(template(X=old), template(X=new))).action is Action.MAY_BE_REPLACED


def test_a_property_cloudformation_decides_by_its_value_may_replace():
    old, new = (
        {"Type": "AWS::EC2::VPC", "Properties": {"InstanceTenancy": value}}
        for value in ("default", "dedicated")
    )

    assert only(difference(template(X=old), template(X=new))).action is Action.MAY_BE_REPLACED


def test_a_replacement_carries_along_what_is_made_from_it():
    def network(cidr):
        return template(
            Vpc={"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": cidr}},
            Subnet={
                "Type": "AWS::EC2::Subnet",
                "Properties": {"VpcId": {"Fn::GetAtt": ["Vpc", "VpcId"]}},
            },
            Role={"Type": "AWS::IAM::Role", "Properties": {"Description": {"Ref": "Vpc"}}},
        )

    found = {c.logical_id: c.action for c in difference(network("a"), network("b"))}

    assert found == {"Vpc": Action.REPLACED, "Subnet": Action.MAY_BE_REPLACED}


def test_a_removed_resource_takes_its_data_with_it_unless_it_is_retained():
    changes = {c.logical_id: c for c in removal(template(T=table(), B=bucket()))}

    assert (changes["T"].action, changes["T"].data_at_risk) == (Action.REMOVED, True)
    assert (changes["B"].action, changes["B"].data_at_risk) == (Action.RETAINED, False)


def test_what_the_code_for_a_custom_resource_provider_changes_is_no_replacement():
    old, new = (
        {"Type": "Custom::CDKBucketDeployment", "Properties": {"SourceObjectKeys": [key]}}
        for key in ("a", "b")
    )

    assert only(difference(template(X=old), template(X=new))).action is Action.CHANGED


@pytest.mark.parametrize(
    ("deployed", "wanted"),
    [
        ({"Description": "a"}, {"Description": "b"}),
        ({"Rules": {"A": 1}}, {}),
        (
            template(X={"Type": "T", "DependsOn": "A"}),
            template(X={"Type": "T", "DependsOn": ["A", "B"]}),
        ),
        # CloudFormation gives letters beyond ASCII back as question marks.
        (
            template(X={"Type": "T", "Properties": {"P": "caf?"}}),
            template(X={"Type": "T", "Properties": {"P": "café"}}),
        ),
    ],
)
def test_what_cloudformation_does_not_act_on_is_no_difference(deployed, wanted):
    assert same(deployed, wanted)


@pytest.mark.parametrize("section", ["Outputs", "Parameters", "Conditions", "Mappings"])
def test_every_other_section_is_a_difference(section):
    assert not same({section: {"A": {"Value": 1}}}, {section: {"A": {"Value": 2}}})


def test_data_that_no_longer_outlive_their_stack_are_named_with_what_changes():
    kept, given_up = template(Profiles=table("Retain")), template(Profiles=table("Delete"))

    change = only(difference(kept, given_up))

    assert "DeletionPolicy from Retain to Delete" in change.detail
    assert gives_up(kept, given_up) == ("vela-profiles",)
    assert gives_up(given_up, kept) == gives_up(None, given_up) == gives_up(kept, kept) == ()
