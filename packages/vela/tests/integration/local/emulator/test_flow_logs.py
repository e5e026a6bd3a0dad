"""Gap: a network's flow log, which CloudFormation makes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-flowlog.html
"""


def test_a_flow_log_comes_and_goes_with_its_stack(aws, fresh):
    ec2 = aws.client("ec2")
    flow_log = {
        "Type": "AWS::EC2::FlowLog",
        "Properties": {
            "ResourceId": {"Ref": "Vpc"},
            "ResourceType": "VPC",
            "TrafficType": "REJECT",
            "LogGroupName": fresh(),
        },
    }
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.8.0.0/16"}}
    before = {found["FlowLogId"] for found in ec2.describe_flow_logs()["FlowLogs"]}

    with aws.deployed({"Resources": {"Vpc": vpc, "FlowLog": flow_log}}):
        made = [f for f in ec2.describe_flow_logs()["FlowLogs"] if f["FlowLogId"] not in before]
    after = {found["FlowLogId"] for found in ec2.describe_flow_logs()["FlowLogs"]}

    [found] = made
    assert (found["FlowLogStatus"], found["TrafficType"]) == ("ACTIVE", "REJECT")
    assert after == before
