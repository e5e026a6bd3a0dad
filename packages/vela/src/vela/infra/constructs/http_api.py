"""The HTTP API in front of the API function."""

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from vela.infra.nag import accept

#: One line an answered request. No header and no body: both may hold what is nobody's business.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "sourceIp": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "responseLatency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationError": "$context.integrationErrorMessage",
}


class HttpApi(Construct):
    """``ANY /api/{proxy+}`` to one function, throttled, each request one line of JSON in the log.

    Args:
        scope: The stack.
        id_: A literal.
        name: Shown in the console.
        function: Who answers.

    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, function: lambda_.IFunction
    ) -> None:
        super().__init__(scope, id_)
        api = apigateway.HttpApi(self, "Api", api_name=name, create_default_stage=False)
        routes = api.add_routes(
            path="/api/{proxy+}",
            methods=[apigateway.HttpMethod.ANY],
            integration=integrations.HttpLambdaIntegration("Function", function),
        )
        for route in routes:
            accept(
                route,
                "AwsSolutions-APIG4",
                because="The health routes are public by purpose; what is not public asks for the "
                "internal secret in the function",
            )
        self._add_stage(api)
        self.url = api.api_endpoint
        self.api_id = api.api_id

    def _add_stage(self, api: apigateway.HttpApi) -> None:
        log = logs.LogGroup(
            self,
            "AccessLog",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=api.api_id,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn, format=json.dumps(ACCESS_LOG)
            ),
            # Each request may open a connection, and a cluster takes 100 new ones a second.
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=100, throttling_burst_limit=200
            ),
        )
