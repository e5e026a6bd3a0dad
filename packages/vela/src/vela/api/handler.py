"""The edge of the API function: an HTTP API event in, an answer in payload format 2.0 out.

Law: the environment is read here, once per cold start, and nowhere below; errors become HTTP here and
nowhere else. Whatever happens, the caller gets JSON and the function stays alive.
"""

import logging
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Self

from vela.api.http_api import Request, Response
from vela.api.routes import Services, refusal, respond
from vela.api.services.dsql_health import DEADLINE_S, DsqlHealth
from vela.api.services.internal_secret import InternalSecret, secrets_manager
from vela.dsql.health import Healthy, probe
from vela.dsql.pool import Pool
from vela.dsql.token import Credentials
from vela.errors import SettingsError, VelaError
from vela.settings import DsqlSettings

log = logging.getLogger(__name__)


class Api:
    """The function between two events: its services, and how an event is answered."""

    def __init__(self, services: Services, *, close: Callable[[], None] = lambda: None) -> None:
        self._services = services
        self.close = close

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Parse *env*; a bad setting fails what needs it, not the start."""
        secret = InternalSecret(secrets_manager(env.get("INTERNAL_SECRET_ARN", "")))
        try:
            pool = pool_of(env)
        except SettingsError as error:
            return cls(
                Services(dsql_health=DsqlHealth(partial(refuse, error)), internal_secret=secret)
            )
        health = DsqlHealth(partial(probe, pool, deadline_s=DEADLINE_S))
        return cls(Services(dsql_health=health, internal_secret=secret), close=pool.close)

    def __call__(self, event: Mapping[str, Any], request_id: str) -> dict[str, Any]:
        """Answer one event."""
        method = "GET"
        try:
            request = Request.parse(event)
            method = request.method
            answer = respond(request, self._services)
        except VelaError as error:
            answer = refusal(error)
        except Exception:
            log.exception("request.crashed", extra={"request_id": request_id})
            body = {"status": "error", "code": VelaError.code, "request_id": request_id}
            answer = Response(status=500, body=body)
        return answer.render(method=method)


def pool_of(env: Mapping[str, str]) -> Pool:
    """Give the pool of connections to the cluster *env* names; none is opened yet."""
    settings, credentials = DsqlSettings.from_env(env), Credentials.from_env(env)
    # An instance serves one request at a time; the second is for a connection that is being replaced.
    return Pool(settings, credentials=lambda: credentials, max_size=2)


def refuse(error: SettingsError) -> Healthy:
    """Raise what was wrong with the settings, at every probe anew."""
    raise error.with_traceback(None)  # the same value each time: without this its traceback grows


_api = Api.from_env(os.environ)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event; what Lambda calls."""
    return _api(event, context.aws_request_id)
