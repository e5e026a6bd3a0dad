"""Gap: how a Python function is run."""

import json
import time

import pytest

REPORT = """
    import json, os, sys
    calls = []
    def handler(event, context):
        calls.append(event)
        if event == "raise":
            raise ValueError("no good")
        return {
            "pid": os.getpid(),
            "calls": len(calls),
            "environment": dict(os.environ),
            "packages": sorted(sys.modules),
            "path": sys.path,
            "remaining": context.get_remaining_time_in_millis(),
            "arn": context.invoked_function_arn,
        }
    """


@pytest.fixture
def reporting(aws, function):
    properties = {"Timeout": 7, "Environment": {"Variables": {"OWN": "yes"}}}
    with aws.deployed(function(code=REPORT, properties=properties).template()) as stack:
        yield stack.outputs["Function"]


def test_a_function_sees_what_lambda_shows_and_nothing_of_the_emulator(aws, reporting, local_cloud):
    seen = aws.invoke(reporting)["environment"]

    assert seen["OWN"] == "yes"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == reporting
    assert seen["AWS_ENDPOINT_URL"] == local_cloud.endpoint_url
    assert seen["PGPORT"] == str(local_cloud.dsql_port)
    assert seen["PGSSLROOTCERT"] == str(local_cloud.ca_file)
    assert local_cloud.secret_access_key not in seen.values()
    assert not {"PERSIST_STATE", "AUTH", "HOME", "GATEWAY_PORT", "TMPDIR"} & seen.keys()


def test_a_function_finds_the_runtime_s_packages_and_not_the_emulator_s(aws, function):
    code = """
        def handler(event, context):
            import boto3
            try:
                import hypercorn
            except ImportError:
                return boto3.__version__
        """

    with aws.deployed(function(code=code, properties={"Timeout": 30}).template()) as stack:
        assert aws.invoke(stack.outputs["Function"]).startswith("1.")


def test_the_function_s_own_package_wins_over_the_runtime_s(aws, function, zip_of):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="own-packages")
    files = {
        "index.py": "import boto3\ndef handler(event, context): return boto3.__version__",
        "boto3/__init__.py": "__version__ = 'mine'",
    }
    s3.put_object(Bucket="own-packages", Key="code.zip", Body=zip_of(files))
    properties = {"Code": {"S3Bucket": "own-packages", "S3Key": "code.zip"}}

    with aws.deployed(function(code="", properties=properties).template()) as stack:
        assert aws.invoke(stack.outputs["Function"]) == "mine"


def test_a_worker_outlives_an_exception_of_its_handler(aws, reporting):
    before = aws.invoke(reporting)
    failed = aws.invoke(reporting, "raise")
    after = aws.invoke(reporting)

    assert failed["errorMessage"] == "no good"
    assert (after["pid"], after["calls"]) == (before["pid"], before["calls"] + 2)


def test_the_context_knows_deadline_and_arn(aws, reporting):
    seen = aws.invoke(reporting)

    assert 0 < seen["remaining"] <= 7000
    assert seen["arn"].endswith(f":function:{reporting}")


def test_a_warm_invocation_does_not_wait_for_log_lines(aws, reporting):
    """The emulator's own worker waits 50 ms, so not one of its invocations takes less."""
    client = aws.client("lambda")
    client.invoke(FunctionName=reporting, Payload=b"1")

    def elapsed():
        begun = time.perf_counter()
        client.invoke(FunctionName=reporting, Payload=b"1")
        return time.perf_counter() - begun

    assert min(elapsed() for _ in range(20)) < 0.050


def test_log_lines_are_json_with_every_extra_field(aws, function):
    code = """
        import logging
        def handler(event, context):
            print("plain")
            logging.getLogger("vela").info("dsql.connected", extra={"ms": 4, "none": None})
            logging.getLogger("vela").debug("hidden")
        """
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "json-lines"}}
    config = {"LogFormat": "JSON", "LogGroup": {"Ref": "Log"}}
    template = function(
        code=code, properties={"LoggingConfig": config}, resources={"Log": group}
    ).template()

    with aws.deployed(template) as stack:
        aws.invoke(stack.outputs["Function"])
        events = aws.client("logs").filter_log_events(logGroupName="json-lines")["events"]

    messages = [event["message"] for event in events]
    lines = [json.loads(message) for message in messages if message.startswith("{")]
    assert "plain" in messages
    assert [(line["message"], line["level"], line["ms"]) for line in lines] == [
        ("dsql.connected", "INFO", 4)
    ]
    assert "none" not in lines[0]


def test_a_function_that_takes_too_long_is_ended_and_starts_afresh(aws, function):
    code = """
        import os, threading
        def handler(event, context):
            if event == "hang":
                threading.Event().wait()
            return os.getpid()
        """

    with aws.deployed(function(code=code, properties={"Timeout": 1}).template()) as stack:
        name = stack.outputs["Function"]
        first = aws.invoke(name)
        hung = aws.invoke(name, "hang")

        assert hung["errorMessage"] == "Task timed out after 1.00 seconds"
        assert aws.invoke(name) != first


def test_a_module_that_does_not_load_is_told(aws, function):
    with aws.deployed(function(code="import nothing_like_it").template()) as stack:
        answer = aws.invoke(stack.outputs["Function"])

    assert "nothing_like_it" in answer["errorMessage"]


def test_a_process_that_ends_by_itself_is_told_and_replaced(aws, function):
    code = """
        import os
        def handler(event, context):
            if event == "exit":
                os._exit(1)
            return "alive"
        """

    with aws.deployed(function(code=code).template()) as stack:
        name = stack.outputs["Function"]

        assert "Runtime exited" in aws.invoke(name, "exit")["errorMessage"]
        assert aws.invoke(name) == "alive"


def test_a_worker_is_replaced_when_its_role_s_policies_change_and_only_then(aws, function):
    def template(*, action, description):
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        other = {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": description},
        }
        code = "import os\ndef handler(event, context): return os.getpid()"
        return function(code=code, statements=(statement,), resources={"Other": other}).template()

    with aws.deployed(template(action="s3:GetObject", description="a")) as stack:
        name = stack.outputs["Function"]
        first = aws.invoke(name)
        stack.update(template(action="s3:GetObject", description="b"))
        kept = aws.invoke(name)
        stack.update(template(action="s3:PutObject", description="b"))
        replaced = aws.invoke(name)

    assert kept == first
    assert replaced != first
