"""Which function answers which request.

Law: the table is the whole API. An error of the registry becomes the API's own; anything that is
not one of our errors is a bug, is logged with its traceback and shown to nobody.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import unquote

from dsql_local.errors import (
    BaselineMissing,
    ClientTokenReused,
    ClusterNotFound,
    ClusterProtected,
    ClusterQuotaExceeded,
    DsqlLocalError,
    PolicyMalformed,
)
from dsql_local.server.control import baseline, clusters, gate, identities, stage
from dsql_local.server.control.control import Control
from dsql_local.server.control.exchange import ApiError, Request, Response, invalid

log = logging.getLogger(__name__)

Handler = Callable[..., Awaitable[Response]]


async def health(_: Control, __: Request) -> Response:
    """Say that the endpoint answers."""
    return Response(content={"status": "ok"})


async def unknown(control: Control, _: Request) -> Response:
    """Tell what no rule knew of statements since the server started, and how often."""
    return Response(content={"unknown": dict(control.unknown.counts)})


# The group, if there is one, is the handler's third argument. An ARN may come with its slash
# percent-encoded or not.
_CLUSTER: Final = r"/cluster/([^/]+)"
_TAGS: Final = r"/tags/(.+)"
_PRINCIPAL: Final = r"/principals/(.+)"
_CREDENTIAL: Final = r"/credentials/([^/]+)"

ROUTES: Final[dict[str, dict[str, Handler]]] = {
    r"/health": {"GET": health},
    r"/unknown": {"GET": unknown},
    r"/cluster": {"POST": clusters.create_cluster, "GET": clusters.list_clusters},
    _CLUSTER: {
        "GET": clusters.get_cluster,
        "POST": clusters.update_cluster,
        "DELETE": clusters.delete_cluster,
    },
    r"/clusters/([^/]+)/vpc-endpoint-service-name": {"GET": clusters.get_vpc_endpoint_service_name},
    r"/clusters/([^/]+)/status": {"PUT": clusters.put_status},
    r"/clusters/([^/]+)/jobs": {"PUT": stage.put_jobs},
    r"/clusters/([^/]+)/clock": {"POST": stage.post_clock},
    r"/clusters/([^/]+)/faults": {
        "POST": stage.post_fault,
        "GET": stage.get_faults,
        "DELETE": stage.delete_faults,
    },
    r"/clusters/([^/]+)/baseline": {"PUT": baseline.put_baseline, "POST": baseline.restore},
    _TAGS: {
        "POST": clusters.tag_resource,
        "DELETE": clusters.untag_resource,
        "GET": clusters.list_tags_for_resource,
    },
    _PRINCIPAL: {"PUT": identities.put_principal, "DELETE": identities.delete_principal},
    _CREDENTIAL: {"PUT": identities.put_credential, "DELETE": identities.delete_credential},
}


async def answer(control: Control, request: Request) -> Response:
    """Answer *request*, whatever happens."""
    arguments: tuple[str, ...] = ()
    try:
        gate.check(request, secret=control.secret)
        handler, arguments = _find(request)
        return await handler(control, request, *arguments)
    except ApiError as error:
        return error.response
    except DsqlLocalError as error:
        return _translated(error, resource="".join(arguments)).response
    except Exception:
        log.exception("control.bug", extra={"method": request.method})
        return ApiError(
            500, "InternalServerException", "A fault in dsql-local; see its log."
        ).response


def _find(request: Request) -> tuple[Handler, tuple[str, ...]]:
    for pattern, methods in ROUTES.items():
        if not (found := re.fullmatch(pattern, request.path)):
            continue
        if handler := methods.get(request.method):
            return handler, tuple(unquote(group, errors="replace") for group in found.groups())
        error = ApiError(405, "MethodNotAllowedException", "The path has no such method.")
        raise error.with_header("Allow", ", ".join(methods))
    raise ApiError(404, "UnknownOperationException", "dsql-local has no such path.")


def _translated(error: DsqlLocalError, *, resource: str) -> ApiError:
    match error:
        case ClusterNotFound():
            return clusters.not_found(str(error), resource=resource)
        case ClusterProtected():
            return invalid(str(error), reason="deletionProtectionEnabled")
        case PolicyMalformed():
            return invalid(str(error))
        case ClientTokenReused() | BaselineMissing():
            return ApiError(409, "ConflictException", str(error), resourceType="cluster")
        case ClusterQuotaExceeded():
            return ApiError(402, "ServiceQuotaExceededException", str(error), **_QUOTA)
        case _:
            log.error("control.failed", extra={"code": error.code, "what": error.what})
            return ApiError(500, "InternalServerException", str(error))


_QUOTA: Final[dict[str, Any]] = {
    "resourceId": "",
    "resourceType": "cluster",
    "serviceCode": "dsql",
    "quotaCode": "",  # not in any public document
}
