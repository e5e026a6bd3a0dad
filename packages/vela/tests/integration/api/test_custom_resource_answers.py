"""The custom resource in a process of its own, answering over the wire; no cluster is there."""

import socket

import pytest

HANDLER = "vela.api.role_mapping.handler"
HOST = "abcdefghijklmnopqrstuvwxyz.dsql-fnh4.us-east-1.on.aws"
ARN = "arn:aws:iam::123456789012:role/ApiStack-FunctionRole-1ABC"
PHYSICAL_ID = f"abcdefghijklmnopqrstuvwxyz/vela_api/{ARN}"


@pytest.fixture
def unreachable_env(aws_env):
    with socket.socket() as bound:  # bound and not listening: refused, and nobody else can take it
        bound.bind(("127.0.0.1", 0))
        yield aws_env | {"PGHOSTADDR": "127.0.0.1", "PGPORT": f"{bound.getsockname()[1]}"}


@pytest.fixture
def event(response_url):
    def make(type_, physical_id=None, **properties):
        given = {"ClusterEndpoint": HOST, "DatabaseRole": "vela_api", "RoleArn": ARN} | properties
        event = {
            "RequestType": type_,
            "RequestId": "request-1",
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/ApiStack/1",
            "ResponseURL": response_url.url,
            "ResourceType": "Custom::DsqlDatabaseRole",
            "LogicalResourceId": "DatabaseRole",
            "ResourceProperties": {"ServiceToken": "arn:aws:lambda:us-east-1:1:function:f"} | given,
        }
        return event | ({"PhysicalResourceId": physical_id} if physical_id else {})

    return make


def test_the_answer_is_put_with_its_length_and_no_content_type(
    start_worker, event, response_url, aws_env
):
    worker = start_worker(HANDLER, aws_env)

    worker(event("Delete", "unmade/request-0"))

    (put,) = response_url.puts
    assert put.headers["content-type"] == ""
    assert int(put.headers["content-length"]) > 0
    assert put.body == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "unmade/request-0",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/ApiStack/1",
        "RequestId": "request-1",
        "LogicalResourceId": "DatabaseRole",
    }


def test_the_answer_is_put_again_when_it_was_not_taken(start_worker, event, response_url, aws_env):
    response_url.refusals = 2
    worker = start_worker(HANDLER, aws_env)

    worker(event("Delete", "unmade/request-0"))

    assert response_url.answer["Status"] == "SUCCESS"


def test_an_answer_nobody_takes_fails_the_invocation_so_that_lambda_repeats_it(
    start_worker, event, response_url, aws_env
):
    response_url.refusals = 99
    worker = start_worker(HANDLER, aws_env)

    with pytest.raises(Exception, match=r"AnswerUndelivered.*503.*Amazon S3"):
        worker(event("Delete", "unmade/request-0"))


def test_malformed_properties_fail_with_what_and_fix(start_worker, event, response_url, aws_env):
    worker = start_worker(HANDLER, aws_env)

    worker(event("Create", RoleArn="somebody"))

    assert response_url.answer["Status"] == "FAILED"
    assert response_url.answer["PhysicalResourceId"] == "unmade/request-1"
    assert "RoleArn is 'somebody'" in response_url.answer["Reason"]
    assert "arn:aws:iam::<account>:role/<name>" in response_url.answer["Reason"]


def test_a_create_that_cannot_reach_the_cluster_answers_before_its_time_is_over(
    start_worker, event, response_url, unreachable_env
):
    worker = start_worker(HANDLER, unreachable_env, seconds=4.0)

    worker(event("Create"))

    assert response_url.answer["Status"] == "FAILED"
    assert response_url.answer["PhysicalResourceId"] == PHYSICAL_ID
    assert response_url.answer["Reason"].startswith("E202: ")
    assert worker.lines("dsql.retry")
    assert len(worker.lines("role_mapping.failed")) == 1


def test_a_cluster_that_is_gone_does_not_keep_its_stack(
    start_worker, event, response_url, unreachable_env
):
    worker = start_worker(HANDLER, unreachable_env, seconds=4.0)

    worker(event("Delete", PHYSICAL_ID))

    assert response_url.answer["Status"] == "SUCCESS"
    (line,) = worker.lines("role_mapping.left_behind")
    assert line["code"] == "E202"


def test_the_response_url_is_never_logged(start_worker, event, response_url, unreachable_env):
    response_url.refusals = 1
    worker = start_worker(HANDLER, unreachable_env, seconds=2.0)

    worker(event("Create"))

    assert response_url.url.partition("?")[2] not in worker.log.read_text()
    assert unreachable_env["AWS_SECRET_ACCESS_KEY"] not in worker.log.read_text()
