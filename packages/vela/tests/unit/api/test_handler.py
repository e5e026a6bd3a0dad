import json
import logging
import threading
from typing import Any

import pytest

from vela.api.handler import Api
from vela.api.http_api import HEADERS
from vela.api.routes import Services
from vela.api.services.dsql_health import DsqlHealth
from vela.api.services.internal_secret import InternalSecret
from vela.dsql.health import Healthy
from vela.errors import NotAuthorized

HEALTH = "/api/health"
DSQL_HEALTH = "/api/internal/dsql-health"
SECRET = "s3cret"
HEALTHY = Healthy(
    cluster="a" * 26,
    region="us-east-1",
    role="vela_api",
    server_version="16.15",
    token_ms=0.1,
    connect_ms=9.5,
    query_ms=1.2,
    reused=True,
    age_s=12.0,
)


def api(probe=lambda: HEALTHY, read_secret=lambda: SECRET) -> Api:
    return Api(Services(dsql_health=DsqlHealth(probe), internal_secret=InternalSecret(read_secret)))


def raising(error: BaseException):
    def probe() -> Healthy:
        raise error

    return probe


def body(answer: dict[str, Any]) -> Any:
    return json.loads(answer["body"])


def test_health_needs_no_setting_at_all(http_event):
    answer = Api.from_env({})(http_event("GET", HEALTH), "r-1")

    assert (answer["statusCode"], body(answer)) == (200, {"status": "ok"})


def test_every_answer_forbids_caching_framing_and_sniffing(http_event):
    call = api(raising(ZeroDivisionError()))

    for method, path in [("GET", HEALTH), ("GET", DSQL_HEALTH), ("PUT", HEALTH), ("GET", "/x")]:
        headers = call(http_event(method, path), "r-1")["headers"]
        assert headers.items() >= {**HEADERS, "content-type": "application/json"}.items()


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/health/", "/", ""])
def test_an_unknown_path_is_a_404_in_json(http_event, path):
    answer = api()(http_event("GET", path), "r-1")

    assert answer["statusCode"] == 404
    assert body(answer)["code"] == "E301"


def test_another_method_is_a_405_that_names_the_right_ones(http_event):
    answer = api()(http_event("DELETE", HEALTH), "r-1")

    assert answer["statusCode"] == 405
    assert answer["headers"]["allow"] == "GET, HEAD, OPTIONS"
    assert body(answer)["code"] == "E302"


def test_options_names_the_methods_without_asking_the_database(http_event):
    answer = api(raising(AssertionError()))(http_event("OPTIONS", DSQL_HEALTH), "r-1")

    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["headers"]["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("probe", [lambda: HEALTHY, raising(NotAuthorized("no", "grant it"))])
def test_head_gives_what_get_gives_without_the_body(http_event, probe):
    get, head = (api(probe)(http_event(method, DSQL_HEALTH), "r-1") for method in ("GET", "HEAD"))

    assert head == {**get, "body": ""}


@pytest.mark.parametrize("path", ["/api/nothing", HEALTH])
def test_head_never_has_a_body(http_event, path):
    assert api()(http_event("HEAD", path), "r-1")["body"] == ""


@pytest.mark.parametrize(
    "event",
    [{}, {"rawPath": "/api/health"}, {"requestContext": None}, {"requestContext": []}, None, []],
)
def test_an_event_of_another_form_is_a_400(event):
    answer = api()(event, "r-1")

    assert (answer["statusCode"], body(answer)["code"]) == (400, "E300")


def test_a_stranger_hears_only_that_it_works(http_event):
    answer = api()(http_event("GET", DSQL_HEALTH), "r-1")

    assert (answer["statusCode"], body(answer)) == (200, {"status": "ok"})


def test_a_stranger_hears_only_that_it_fails(http_event):
    answer = api(raising(NotAuthorized("not allowed", "grant it")))(
        http_event("GET", DSQL_HEALTH), "r-1"
    )

    assert (answer["statusCode"], body(answer)) == (503, {"status": "error"})


def test_the_holder_of_the_secret_hears_what_the_probe_saw(http_event):
    event = http_event("GET", DSQL_HEALTH, {"authorization": f"Bearer {SECRET}"})

    assert body(api()(event, "r-1")) == {
        "status": "ok",
        "cluster": "a" * 26,
        "region": "us-east-1",
        "role": "vela_api",
        "server_version": "16.15",
        "token_ms": 0.1,
        "connect_ms": 9.5,
        "query_ms": 1.2,
        "reused": True,
        "age_s": 12.0,
    }


def test_the_holder_of_the_secret_hears_code_text_and_fix(http_event):
    event = http_event("GET", DSQL_HEALTH, {"authorization": f"bearer {SECRET}"})

    answer = api(raising(NotAuthorized("not allowed", "grant it")))(event, "r-1")

    assert answer["statusCode"] == 503
    assert body(answer) == {
        "status": "error",
        "code": "E213",
        "text": "not allowed",
        "fix": "grant it",
    }


@pytest.mark.parametrize(
    "offered",
    [
        "Bearer wrong",
        "Bearer ",
        "Bearer",
        f"Basic {SECRET}",
        SECRET,
        "",
        "Bearer ☃",
        "Bearer \ud800",
    ],
)
def test_whoever_offers_anything_else_is_a_stranger(http_event, offered):
    answer = api()(http_event("GET", DSQL_HEALTH, {"authorization": offered}), "r-1")

    assert body(answer) == {"status": "ok"}


def test_a_missing_setting_is_an_outcome_of_the_probe_like_any_other(http_event, caplog):
    call = Api.from_env({})

    answer = call(http_event("GET", DSQL_HEALTH), "r-1")

    assert (answer["statusCode"], body(answer)) == (503, {"status": "error"})
    (line,) = [r for r in caplog.records if r.message == "dsql.health.failed"]
    assert line.code == "E100"
    assert "DSQL_ENDPOINT" in line.text


def test_a_bug_is_a_500_without_detail_and_one_traceback(http_event, caplog):
    call = api(raising(ZeroDivisionError("the secret detail")))

    answer = call(http_event("GET", DSQL_HEALTH), "r-7")

    assert answer["statusCode"] == 500
    assert body(answer) == {"status": "error", "code": "E000", "request_id": "r-7"}
    (line,) = caplog.records
    assert (line.message, line.request_id) == ("request.crashed", "r-7")
    assert line.exc_info[0] is ZeroDivisionError


def test_after_a_bug_the_next_request_is_answered(http_event):
    broken = [True, False]

    def probe() -> Healthy:
        if broken.pop(0):
            raise ZeroDivisionError
        return HEALTHY

    call = api(probe)

    statuses = [call(http_event("GET", DSQL_HEALTH), "r-1")["statusCode"] for _ in range(2)]

    assert statuses == [500, 200]


def test_a_failure_is_one_line_of_plain_fields(http_event, caplog):
    error = NotAuthorized("not allowed", "grant it")
    error.__cause__ = RefusedBySqlstate()
    call = api(raising(error))

    for _ in range(3):  # shared: asked once
        call(http_event("GET", DSQL_HEALTH), "r-1")

    (line,) = caplog.records
    fields = {k: getattr(line, k) for k in ("code", "sqlstate", "text", "fix", "elapsed_ms")}
    assert line.levelno == logging.ERROR
    assert line.exc_info is None
    assert json.loads(json.dumps(fields)) == fields
    assert (fields["code"], fields["sqlstate"], fields["fix"]) == ("E213", "08006", "grant it")


class RefusedBySqlstate(Exception):
    sqlstate = "08006"


def test_strangers_share_one_query_however_many_come_at_once(http_event):
    running, most, asked = 0, 0, 0
    entered, leave = threading.Event(), threading.Event()

    def slow() -> Healthy:
        nonlocal running, most, asked
        running, asked = running + 1, asked + 1
        most = max(most, running)
        entered.set()
        leave.wait(10)
        running -= 1
        return HEALTHY

    call = api(slow)
    answers: list[dict[str, Any]] = []
    ask = lambda: answers.append(call(http_event("GET", DSQL_HEALTH), "r"))  # noqa: E731 - one line says it
    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    entered.wait(10)
    leave.set()
    for thread in threads:
        thread.join(10)

    assert (most, asked) == (1, 1)
    assert [body(a) for a in answers] == [{"status": "ok"}] * 16
