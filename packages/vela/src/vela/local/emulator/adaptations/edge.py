"""Gap: a distribution in front of an HTTP API.

The emulator refuses to dial an origin at an AWS host name, its own HTTP APIs among them: here a
request for one is handed to the API as a request to the API's host would be. And since nothing
on this machine terminates TLS for AWS's names, requests on the loopback port count as made over
HTTPS: to distributions that redirect to it, and to bucket policies that deny anything else.
"""

import http.client
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from ministack import app
from ministack.services import apigateway, cloudfront

from .cloud import Cloud
from .replacement import expected, replace

EXECUTE_API_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com")


class OriginRequest(NamedTuple):
    """What the emulator hands over to fetch from an origin, in its order."""

    origin: dict[str, Any]
    method: str
    uri: str
    query_string: str
    headers: dict[str, Any]
    body: bytes
    viewer_is_https: bool
    client_ip: str
    viewer_xff: str
    dist_arn: str


def apply(_cloud: Cloud) -> None:
    """Serve HTTP API origins."""
    expected(cloudfront, "_origin_request_headers")
    expected(cloudfront, "_multidict_from_pairs", "pairs")
    expected(apigateway, "find_api_scope")
    expected(app, "_handle_execute_api_request")
    replace(cloudfront, "_fetch_from_origin", OriginRequest._fields, _serving_http_apis)


def _serving_http_apis(original: Any) -> Any:
    async def fetch_from_origin(*arguments: Any) -> Any:
        request = OriginRequest(*arguments)
        named = EXECUTE_API_HOST.fullmatch(request.origin["domain_name"].lower())
        if named is None or apigateway.find_api_scope(named[1]) is None:
            return await original(*arguments)
        return await _fetch_from_api(named[1], request)

    return fetch_from_origin


async def _fetch_from_api(api: str, request: OriginRequest) -> Any:
    sent = cloudfront._origin_request_headers(
        request.origin, request.headers, request.client_ip, request.viewer_xff
    )
    path = request.origin.get("origin_path", "") + request.uri
    status, answered, content = await app._handle_execute_api_request(
        f"{api}.execute-api.localhost",
        path,
        request.method,
        {name.lower(): value for name, value in sent.items()},
        request.body or b"",
        parse_qs(request.query_string, keep_blank_values=True),
        raw_path=path,
        raw_query_string=request.query_string,
    )
    pairs = [
        (name, value)
        for name, values in answered.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    reason = http.client.responses.get(status, "")
    return status, reason, cloudfront._multidict_from_pairs(pairs), content


def over_https(application: Any) -> Any:
    """Count every request as made over HTTPS unless ``X-Forwarded-Proto`` says otherwise."""

    async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "scheme": "https"}
        await application(scope, receive, send)

    return serve
