"""Gap: what an HTTP API answers when its function fails.

The emulator shows the function's error to the public; API Gateway does not:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
"""

from typing import Any

from ministack.services import lambda_svc

from .cloud import Cloud
from .replacement import replace

ANSWER = {
    "statusCode": 500,
    "headers": {"Content-Type": "application/json"},
    "body": '{"message":"Internal Server Error"}',
}


def apply(_cloud: Cloud) -> None:
    """Hide a function's error behind API Gateway's answer."""
    name = "lambda_execute_result_to_api_proxy_response"
    replace(lambda_svc, name, ("exec_result",), _hiding_errors)


def _hiding_errors(original: Any) -> Any:
    def to_response(exec_result: dict[str, Any]) -> Any:
        if exec_result.get("error") and not exec_result.get("throttle"):
            return dict(ANSWER), None
        return original(exec_result)

    return to_response
