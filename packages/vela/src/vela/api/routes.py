"""Which function answers which request.

Law: a route is a row of `ROUTES`; a row's function turns a request into a response by asking a service,
and raises a `VelaError` for anything it cannot answer. The edge renders that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vela.api.http_api import Request, Response
from vela.api.services.dsql_health import DsqlHealth
from vela.api.services.internal_secret import InternalSecret
from vela.dsql.health import Healthy
from vela.errors import MethodNotAllowed, RouteNotFound, VelaError


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the routes may ask."""

    dsql_health: DsqlHealth
    internal_secret: InternalSecret


Route = Callable[[Request, Services], Response]


def health(_request: Request, _services: Services) -> Response:
    """Say that the function runs; asks nothing of anything else."""
    return Response(status=200, body={"status": "ok"})


def dsql_health(request: Request, services: Services) -> Response:
    """Say whether the database answers; how and why only to who holds the internal secret."""
    bearer = request.bearer
    detailed = bearer is not None and services.internal_secret.matches(bearer)
    outcome = services.dsql_health.fresh() if detailed else services.dsql_health.shared()
    failed = isinstance(outcome, VelaError)
    answer: dict[str, object] = {"status": "error" if failed else "ok"}
    if detailed:
        answer |= told(outcome) if isinstance(outcome, VelaError) else seen(outcome)
    return Response(status=503 if failed else 200, body=answer)


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/api/health"): health,
    ("GET", "/api/internal/dsql-health"): dsql_health,
}


def allowed(path: str) -> tuple[str, ...]:
    """The methods a path takes, as ``Allow`` lists them."""
    methods = {method for method, known in ROUTES if known == path}
    implied = {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return tuple(sorted(methods | implied))


ALLOWED: Mapping[str, tuple[str, ...]] = {path: allowed(path) for _, path in ROUTES}


def refusal(error: VelaError, *, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """An error as a response: what happened and what to do next."""
    return Response(
        status=error.http_status, body={"status": "error"} | told(error), headers=headers
    )


def told(error: VelaError) -> dict[str, object]:
    """An error as the fields an answer carries."""
    return {"code": error.code, "text": error.what, "fix": error.fix}


def seen(healthy: Healthy) -> dict[str, object]:
    """What a probe saw as the fields an answer carries."""
    # dataclasses.asdict copies deeply: 18 us of a call whose query takes 90.
    return {name: getattr(healthy, name) for name in Healthy.__slots__}


def respond(request: Request, services: Services) -> Response:
    """Answer by the route's function, or say what is wrong with the request."""
    methods = ALLOWED.get(request.path)
    if methods is None:
        raise RouteNotFound(f"nothing is at {request.path}", "Ask for a path of this API")
    if request.method not in methods:
        allow = ", ".join(methods)
        what = f"{request.method} is not possible at {request.path}"
        return refusal(MethodNotAllowed(what, f"Use one of {allow}"), headers={"allow": allow})
    if request.method == "OPTIONS":
        return Response(status=204, headers={"allow": ", ".join(methods)})
    method = "GET" if request.method == "HEAD" else request.method
    return ROUTES[method, request.path](request, services)
