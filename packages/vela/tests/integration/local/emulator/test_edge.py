"""Gaps: a distribution in front of an HTTP API, and what it answers when a function fails."""

import http.client
import json
import uuid
from urllib.parse import urlsplit

import pytest

ECHO = """
    import json
    def handler(event, context):
        if event["rawPath"] == "/api/raise":
            raise ValueError("a secret")
        return {"statusCode": 200, "body": json.dumps({
            "path": event["rawPath"],
            "query": event["rawQueryString"],
            "host": event["headers"]["host"],
            "method": event["requestContext"]["http"]["method"],
            "body": event.get("body")})}
    """
SPA_FALLBACK = """
function handler(event) {
    if (!event.request.uri.includes('.')) event.request.uri = '/index.html';
    return event.request;
}
"""
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
HEADERS_POLICY = {"ContentTypeOptions": {"Override": True}}


def api():
    return {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {"Name": "echo", "ProtocolType": "HTTP"},
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::GetAtt": ["Function", "Arn"]},
                "PayloadFormatVersion": "2.0",
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "ANY /api/{proxy+}",
                "Target": {"Fn::Sub": "integrations/${Integration}"},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
            },
        },
    }


def pages(bucket):
    arn = {"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}
    only_this = {"StringEquals": {"AWS:SourceArn": arn}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": only_this,
    }
    return {
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": bucket,
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            },
        },
        "Access": {
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {
                "OriginAccessControlConfig": {
                    "Name": bucket,
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        },
        "Fallback": {
            "Type": "AWS::CloudFront::Function",
            "Properties": {
                "Name": bucket,
                "AutoPublish": True,
                "FunctionCode": SPA_FALLBACK,
                "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
            },
        },
        "Headers": {
            "Type": "AWS::CloudFront::ResponseHeadersPolicy",
            "Properties": {
                "ResponseHeadersPolicyConfig": {
                    "Name": bucket,
                    "SecurityHeadersConfig": HEADERS_POLICY,
                }
            },
        },
    }


def distribution(bucket):
    fallback = {
        "EventType": "viewer-request",
        "FunctionARN": {"Fn::GetAtt": ["Fallback", "FunctionARN"]},
    }
    behaviour = {"CachePolicyId": CACHING_DISABLED, "ResponseHeadersPolicyId": {"Ref": "Headers"}}
    return {
        "Type": "AWS::CloudFront::Distribution",
        "Properties": {
            "DistributionConfig": {
                "Enabled": True,
                "DefaultRootObject": "index.html",
                "Origins": [
                    {
                        "Id": "pages",
                        "DomainName": f"{bucket}.s3.us-east-1.amazonaws.com",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                        "OriginAccessControlId": {"Fn::GetAtt": ["Access", "Id"]},
                    },
                    {
                        "Id": "api",
                        "DomainName": {
                            "Fn::Sub": "${Api}.execute-api.${AWS::Region}.amazonaws.com"
                        },
                        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
                    },
                ],
                "DefaultCacheBehavior": {
                    **behaviour,
                    "TargetOriginId": "pages",
                    "ViewerProtocolPolicy": "redirect-to-https",
                    "FunctionAssociations": [fallback],
                },
                "CacheBehaviors": [
                    {
                        **behaviour,
                        "PathPattern": "/api/*",
                        "TargetOriginId": "api",
                        "ViewerProtocolPolicy": "https-only",
                        "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST,
                        "AllowedMethods": [
                            *("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
                        ],
                    }
                ],
            }
        },
    }


@pytest.fixture(scope="module")
def bucket(aws):
    name = f"pages-{uuid.uuid4().hex[:12]}"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="index.html", Body=b"<p>here</p>", ContentType="text/html")
    return name


@pytest.fixture
def viewer(aws, bucket, function):
    """Ask the distribution for a path."""
    resources = {**api(), **pages(bucket), "Distribution": distribution(bucket)}
    outputs = {"Host": {"Value": {"Fn::GetAtt": ["Distribution", "DomainName"]}}}
    template = function(code=ECHO, resources=resources, outputs=outputs).template()
    address = urlsplit(aws.running.endpoint_url)
    with aws.deployed(template) as stack:
        host = stack.outputs["Host"]

        def ask(path, method="GET", body=None, **headers):
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
            try:
                connection.request(method, path, body=body, headers={"Host": host, **headers})
                answer = connection.getresponse()
                return answer, answer.read()
            finally:
                connection.close()

        yield ask


def test_a_distribution_serves_its_api_as_the_api_s_own_host_would(viewer):
    answer, body = viewer(
        "/api/some%20thing?a=1&b=%20", "POST", b"sent", **{"Content-Type": "text/plain"}
    )

    seen = json.loads(body)
    assert answer.status == 200
    assert seen["host"].endswith(".execute-api.us-east-1.amazonaws.com")
    assert (seen["method"], seen["query"], seen["body"]) == ("POST", "a=1&b=%20", "sent")
    assert seen["path"] == "/api/some thing"


def test_an_error_of_a_function_stays_inside(viewer):
    answer, body = viewer("/api/raise")

    assert (answer.status, body) == (500, b'{"message":"Internal Server Error"}')


def test_pages_of_a_private_bucket_come_through_the_distribution_only(viewer, aws, bucket):
    answer, body = viewer("/")
    address = urlsplit(aws.running.endpoint_url)
    direct = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    direct.request("GET", f"/{bucket}/index.html")
    refused = direct.getresponse().status
    direct.close()

    assert (answer.status, body) == (200, b"<p>here</p>")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert refused == 403


def test_the_viewer_request_function_is_really_run(viewer):
    deep, page = viewer("/a/deep/link")
    missing, _body = viewer("/missing.js")

    assert (deep.status, page) == (200, b"<p>here</p>")
    assert missing.status == 403


def test_a_viewer_counts_as_https_unless_it_says_otherwise(viewer):
    plain, _body = viewer("/", **{"X-Forwarded-Proto": "http"})
    refused, _body = viewer("/api/x", **{"X-Forwarded-Proto": "http"})

    assert plain.status == 301
    assert plain.headers["Location"].startswith("https://")
    assert refused.status == 403
