"""Which change of a property makes CloudFormation replace a resource, and which types hold data.

Law: a table. Its evidence is the resource database in the pinned CDK CLI (``aws-cdk/db.json.gz``,
made from CloudFormation's registry schemas); a test holds every row to it. A type that is not here
may be replaced by any change.
"""

from collections.abc import Mapping

ALWAYS: Mapping[str, frozenset[str]] = {
    type_: frozenset(properties.split())
    for type_, properties in {
        "AWS::ApiGatewayV2::Api": "ProtocolType",
        "AWS::ApiGatewayV2::Integration": "ApiId",
        "AWS::ApiGatewayV2::Route": "ApiId",
        "AWS::ApiGatewayV2::Stage": "ApiId StageName",
        "AWS::CloudFront::Distribution": "",
        "AWS::CloudFront::Function": "Name",
        "AWS::CloudFront::OriginAccessControl": "",
        "AWS::CloudFront::ResponseHeadersPolicy": "",
        "AWS::CloudWatch::Alarm": "AlarmName",
        "AWS::DSQL::Cluster": "",
        "AWS::DynamoDB::Table": "ImportSourceSpecification KeySchema TableName",
        "AWS::EC2::FlowLog": "DeliverCrossAccountRole DeliverLogsPermissionArn DestinationOptions"
        " LogDestination LogDestinationType LogFormat LogGroupName MaxAggregationInterval"
        " ResourceId ResourceType TagFieldSpecifications TrafficType",
        "AWS::EC2::RouteTable": "VpcId",
        "AWS::EC2::SecurityGroup": "GroupDescription GroupName VpcId",
        "AWS::EC2::SecurityGroupEgress": "CidrIp CidrIpv6 DestinationPrefixListId"
        " DestinationSecurityGroupId FromPort GroupId IpProtocol ToPort",
        "AWS::EC2::SecurityGroupIngress": "CidrIp CidrIpv6 FromPort GroupId GroupName IpProtocol"
        " SourcePrefixListId SourceSecurityGroupId SourceSecurityGroupName"
        " SourceSecurityGroupOwnerId ToPort",
        "AWS::EC2::Subnet": "AvailabilityZone AvailabilityZoneId CidrBlock Ipv4IpamPoolId"
        " Ipv4NetmaskLength Ipv6IpamPoolId Ipv6Native Ipv6NetmaskLength OutpostArn VpcId",
        "AWS::EC2::SubnetRouteTableAssociation": "RouteTableId SubnetId",
        "AWS::EC2::VPC": "CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength VpcEncryptionControl",
        "AWS::EC2::VPCEndpoint": "ResourceConfigurationArn ServiceName ServiceNetworkArn"
        " ServiceRegion VpcEndpointType VpcId",
        "AWS::IAM::Policy": "",
        "AWS::IAM::Role": "Path RoleName",
        "AWS::Lambda::Function": "FunctionName PackageType TenancyConfig",
        "AWS::Lambda::LayerVersion": "CompatibleArchitectures CompatibleRuntimes Content"
        " Description LayerName LicenseInfo",
        "AWS::Lambda::Permission": "Action EventSourceToken FunctionName FunctionUrlAuthType"
        " InvokedViaFunctionUrl Principal PrincipalOrgID SourceAccount SourceArn",
        "AWS::Logs::LogGroup": "LogGroupName",
        "AWS::Route53::RecordSet": "HostedZoneId HostedZoneName Name",
        "AWS::S3::Bucket": "BucketName BucketNamePrefix BucketNamespace ObjectLockEnabled",
        "AWS::S3::BucketPolicy": "Bucket",
        "AWS::SecretsManager::Secret": "Name",
    }.items()
}

#: Custom resources: their providers replace by answering another physical id. Evidence: ours is
#: ``vela.api.role_mapping`` (the id is cluster and role); CDK's copier keeps the id it was given.
PROVIDERS: Mapping[str, frozenset[str]] = {
    "Custom::DsqlDatabaseRole": frozenset({"ClusterEndpoint", "DatabaseRole", "ServiceToken"}),
    "Custom::CDKBucketDeployment": frozenset({"ServiceToken"}),
}

#: CloudFormation decides these by the values.
SOMETIMES: Mapping[str, frozenset[str]] = {
    "AWS::EC2::Subnet": frozenset({"Ipv6CidrBlock"}),
    "AWS::EC2::VPC": frozenset({"InstanceTenancy"}),
}

#: What is lost with them nobody can make again. A secret of ours and a log are not among them:
#: the one is generated, the other ages away.
STATEFUL = frozenset({"AWS::DSQL::Cluster", "AWS::DynamoDB::Table", "AWS::S3::Bucket"})


def replaces(type_: str, property_: str) -> bool | None:
    """Tell whether changing *property_* replaces the resource; None where that is not known."""
    always = ALWAYS.get(type_, PROVIDERS.get(type_))
    if always is None or property_ in SOMETIMES.get(type_, ()):
        return None
    return property_ in always
