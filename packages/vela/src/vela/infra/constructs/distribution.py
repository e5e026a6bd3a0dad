"""The one front of the platform: pages from the bucket, ``/api/*`` from the HTTP API."""

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from vela.infra.constructs.security_headers import SecurityHeaders
from vela.infra.nag import accept

SPA_FALLBACK = Path(__file__).with_name("spa_fallback.js")


class Distribution(Construct):
    """A CloudFront distribution, HTTPS only.

    Args:
        scope: The stack.
        id_: A literal.
        bucket: The pages; only this distribution may read them.
        api_id: The HTTP API.
        domain: A name of your own for it.
        certificate: The ARN of the certificate that covers the name.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        bucket: s3.IBucket,
        api_id: str,
        domain: str | None,
        certificate: str | None,
    ) -> None:
        super().__init__(scope, id_)
        headers = SecurityHeaders(self, "Headers").policy
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Vela",
            default_root_object="index.html",
            default_behavior=self._pages(bucket, headers),
            additional_behaviors={"/api/*": self._api(api_id, headers)},
            domain_names=[domain] if domain else None,
            certificate=self._certificate(certificate),
            # Without a certificate of one's own CloudFront fixes the protocol versions itself.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021
            if certificate
            else None,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        )
        self.domain_name = self.distribution.distribution_domain_name
        self.url = f"https://{domain or self.domain_name}"
        self._accept_findings(domain, certificate)

    def _pages(
        self, bucket: s3.IBucket, headers: cloudfront.IResponseHeadersPolicy
    ) -> cloudfront.BehaviorOptions:
        fallback = cloudfront.Function(
            self,
            "SpaFallback",
            code=cloudfront.FunctionCode.from_inline(SPA_FALLBACK.read_text(encoding="utf-8")),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            comment="Paths of the application get its page",
        )
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(bucket),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=headers,
            function_associations=[
                cloudfront.FunctionAssociation(
                    function=fallback, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                )
            ],
        )

    def _api(
        self, api_id: str, headers: cloudfront.IResponseHeadersPolicy
    ) -> cloudfront.BehaviorOptions:
        stack = Stack.of(self)
        return cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(
                f"{api_id}.execute-api.{stack.region}.amazonaws.com",
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            ),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            # The Host header must be the API's own: its gateway answers to no other.
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            response_headers_policy=headers,
        )

    def _certificate(self, arn: str | None) -> acm.ICertificate | None:
        return acm.Certificate.from_certificate_arn(self, "Certificate", arn) if arn else None

    def _accept_findings(self, domain: str | None, certificate: str | None) -> None:
        for finding, because in (
            ("AwsSolutions-CFR1", "Vela is offered everywhere"),
            (
                "AwsSolutions-CFR2",
                "One public page and a throttled API; a web ACL costs more than it guards",
            ),
            (
                "AwsSolutions-CFR3",
                "The API logs each request it answers; the page's visits are nobody's data",
            ),
        ):
            accept(self.distribution, finding, because=because)
        if certificate and not domain:
            accept(
                self.distribution,
                "Annotation::@aws-cdk/aws-cloudfront:emptyDomainNames",
                because="The name still belongs to another distribution and is moved here next",
            )
        if certificate is None:
            accept(
                self.distribution,
                "AwsSolutions-CFR4",
                because="CloudFront's own certificate fixes the protocol versions; a domain's does not",
            )
