"""Which IAM actions a deployment takes.

Law: a table by resource type, so that the list follows from the templates; the actions are those of
CloudFormation's handlers for the type (``aws cloudformation describe-type``), creation and deletion.
"""

from collections.abc import Iterable, Mapping

_TAG_EC2 = "ec2:CreateTags"
_LOG_GROUP = ("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup")

BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "AWS::ApiGatewayV2::Api": ("apigateway:POST", "apigateway:PATCH", "apigateway:DELETE"),
    "AWS::ApiGatewayV2::Integration": ("apigateway:POST", "apigateway:DELETE"),
    "AWS::ApiGatewayV2::Route": ("apigateway:POST", "apigateway:DELETE"),
    "AWS::ApiGatewayV2::Stage": ("apigateway:POST", "apigateway:DELETE"),
    "AWS::CDK::Metadata": (),
    "AWS::CertificateManager::Certificate": ("acm:RequestCertificate", "acm:DeleteCertificate"),
    "AWS::CloudFront::Distribution": (
        "cloudfront:CreateDistribution",
        "cloudfront:UpdateDistribution",
        "cloudfront:DeleteDistribution",
        "cloudfront:TagResource",
    ),
    "AWS::CloudFront::Function": (
        "cloudfront:CreateFunction",
        "cloudfront:PublishFunction",
        "cloudfront:DeleteFunction",
    ),
    "AWS::CloudFront::OriginAccessControl": (
        "cloudfront:CreateOriginAccessControl",
        "cloudfront:DeleteOriginAccessControl",
    ),
    "AWS::CloudFront::ResponseHeadersPolicy": (
        "cloudfront:CreateResponseHeadersPolicy",
        "cloudfront:DeleteResponseHeadersPolicy",
    ),
    "AWS::CloudWatch::Alarm": ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
    "AWS::DSQL::Cluster": (
        "dsql:CreateCluster",
        "dsql:GetCluster",
        "dsql:UpdateCluster",
        "dsql:DeleteCluster",
        "dsql:TagResource",
        "dsql:GetVpcEndpointServiceName",
        "iam:CreateServiceLinkedRole",
    ),
    "AWS::DynamoDB::Table": (
        "dynamodb:CreateTable",
        "dynamodb:DescribeTable",
        "dynamodb:UpdateTable",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:DeleteTable",
        "dynamodb:TagResource",
    ),
    "AWS::EC2::FlowLog": ("ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", "iam:PassRole"),
    "AWS::EC2::RouteTable": ("ec2:CreateRouteTable", "ec2:DeleteRouteTable", _TAG_EC2),
    "AWS::EC2::SecurityGroup": ("ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup", _TAG_EC2),
    "AWS::EC2::SecurityGroupEgress": (
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupEgress",
    ),
    "AWS::EC2::SecurityGroupIngress": (
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupIngress",
    ),
    "AWS::EC2::Subnet": ("ec2:CreateSubnet", "ec2:DeleteSubnet", _TAG_EC2),
    "AWS::EC2::SubnetRouteTableAssociation": (
        "ec2:AssociateRouteTable",
        "ec2:DisassociateRouteTable",
    ),
    "AWS::EC2::VPC": ("ec2:CreateVpc", "ec2:ModifyVpcAttribute", "ec2:DeleteVpc", _TAG_EC2),
    "AWS::EC2::VPCEndpoint": ("ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints"),
    "AWS::IAM::ManagedPolicy": ("iam:CreatePolicy", "iam:DeletePolicy"),
    "AWS::IAM::Policy": ("iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    "AWS::IAM::Role": (
        "iam:CreateRole",
        "iam:AttachRolePolicy",
        "iam:PassRole",
        "iam:TagRole",
        "iam:DeleteRole",
    ),
    "AWS::Lambda::Function": (
        "lambda:CreateFunction",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "lambda:DeleteFunction",
        "lambda:TagResource",
        "s3:GetObject",
    ),
    "AWS::Lambda::LayerVersion": ("lambda:PublishLayerVersion", "lambda:DeleteLayerVersion"),
    "AWS::Lambda::Permission": ("lambda:AddPermission", "lambda:RemovePermission"),
    "AWS::Logs::LogGroup": _LOG_GROUP,
    "AWS::Route53::RecordSet": ("route53:ChangeResourceRecordSets", "route53:GetChange"),
    "AWS::S3::Bucket": (
        "s3:CreateBucket",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketOwnershipControls",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketTagging",
    ),
    "AWS::S3::BucketPolicy": ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    "AWS::SecretsManager::Secret": (
        "secretsmanager:CreateSecret",
        "secretsmanager:GetRandomPassword",
        "secretsmanager:DeleteSecret",
        "secretsmanager:TagResource",
    ),
    "AWS::SNS::Topic": ("sns:CreateTopic", "sns:DeleteTopic"),
}
#: What `cdk bootstrap` itself makes with the caller's own permissions.
BOOTSTRAP = (
    "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:DescribeStacks",
    "ecr:CreateRepository",
    "iam:CreateRole",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "s3:CreateBucket",
    "s3:PutBucketPolicy",
    "ssm:PutParameter",
)
#: The bootstrap's roles that a deployment assumes.
ROLES = ("deploy", "file-publishing", "lookup")


def of_types(types: Iterable[str]) -> tuple[str, ...]:
    """Give the actions that resources of *types* take; a custom resource takes an invocation."""
    actions = {
        action
        for type_ in types
        for action in BY_TYPE.get(type_, ("lambda:InvokeFunction",) if _is_custom(type_) else ())
    }
    return tuple(sorted(actions))


def _is_custom(type_: str) -> bool:
    return type_.startswith(("Custom::", "AWS::CloudFormation::CustomResource"))
