"""The runtime a Python function finds in its worker; this file is the worker's program.

Law: standard library only, and nothing of it is visible to the handler but what AWS Lambda shows:
the environment, ``sys.path``, the context object, standard streams and logging set up.

It speaks JSON lines over two inherited pipes: invocations in, log lines and results out. A third
one carries nothing: it closes when the emulator ends, however that ends, and the worker with it.
"""

import importlib
import io
import json
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TextIO

PLAIN_RECORD = frozenset(vars(logging.makeLogRecord({})))


class Context:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html."""

    def __init__(self, invocation: Mapping[str, Any]) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = invocation["function_arn"]
        self.aws_request_id = invocation["request_id"]
        self.identity = None
        self.client_context = None
        self._deadline = time.monotonic() + invocation["timeout_s"]

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the handler may still take."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class LogStream(io.TextIOBase):
    """A standard stream whose lines go to the function's log."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._begun = ""

    def writable(self) -> bool:
        """Say that the stream takes text."""
        return True

    def write(self, text: str) -> int:
        """Send every line that is complete."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._send({"log": line})
        return len(text)

    def flush_line(self) -> None:
        """Send the line begun, if any: an invocation's output ends with it."""
        if self._begun:
            self.write("\n")


class JsonFormatter(logging.Formatter):
    """The JSON log format of the runtime: every ``extra`` field is a field of the line.

    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html#python-logging-advanced
    """

    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        """Return *record* as one line of JSON."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Any] = {
            "timestamp": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": self.request_id,
        }
        given = {k: v for k, v in vars(record).items() if k not in PLAIN_RECORD}
        fields |= {name: value for name, value in given.items() if value is not None}
        if record.exc_info and record.exc_info[0]:
            kind, error, trace = record.exc_info
            fields |= {
                "errorType": kind.__name__,
                "errorMessage": str(error),
                "stackTrace": traceback.format_tb(trace),
            }
        return json.dumps(fields, default=str)


class Runtime:
    """One worker's life: load the handler once, then answer invocations until the pipe closes."""

    def __init__(self, invocations: TextIO, answers: TextIO) -> None:
        self._invocations = invocations
        self._answers = answers
        self._stream = LogStream(self._send)
        self._formatter = JsonFormatter()

    def run(self) -> None:
        """Serve until the emulator closes the pipe or ends."""
        sys.stdout = sys.stderr = self._stream
        self._set_up_logging()
        handler = self._loaded_handler()
        if handler is None:
            return
        self._send({"ready": True})
        for line in self._invocations:
            self._send(self._answer(handler, json.loads(line)))

    def _loaded_handler(self) -> Callable[[Any, Context], Any] | None:
        module, _, name = os.environ["_HANDLER"].rpartition(".")
        try:
            loaded = importlib.import_module(module.replace("/", "."))
            handler: Callable[[Any, Context], Any] = getattr(loaded, name)
        except BaseException as error:  # noqa: BLE001 - Lambda reports whatever a module raises
            self._send(_failure(error))
            return None
        return handler

    def _answer(
        self, handler: Callable[[Any, Context], Any], invocation: dict[str, Any]
    ) -> dict[str, Any]:
        self._formatter.request_id = invocation["request_id"]
        _set_or_remove("_X_AMZN_TRACE_ID", invocation.get("trace_id"))
        try:
            result = handler(invocation["event"], Context(invocation))
            json.dumps(result)
        except Exception as error:  # noqa: BLE001 - Lambda reports whatever a handler raises
            return _failure(error)
        finally:
            self._stream.flush_line()
        return {"result": result}

    def _send(self, message: dict[str, Any]) -> None:
        self._answers.write(json.dumps(message) + "\n")
        self._answers.flush()

    def _set_up_logging(self) -> None:
        output = logging.StreamHandler(self._stream)
        if os.environ["AWS_LAMBDA_LOG_FORMAT"] == "JSON":
            output.setFormatter(self._formatter)
            logging.getLogger().setLevel(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO"))
        else:
            output.setFormatter(logging.Formatter("[%(levelname)s]\t%(asctime)s\t%(message)s"))
        logging.getLogger().addHandler(output)


def _failure(error: BaseException) -> dict[str, Any]:
    return {
        "error": str(error),
        "error_type": type(error).__name__,
        "trace": "".join(traceback.format_exception(error)),
    }


def _set_or_remove(name: str, value: str | None) -> None:
    if value:
        os.environ[name] = value
    else:
        os.environ.pop(name, None)


def _end_with(lifeline: int) -> None:
    """End the process when *lifeline* closes, even if a handler never returns."""
    os.read(lifeline, 1)
    os._exit(1)


def main() -> None:
    """Take the pipes and the packages from the command line, and serve."""
    reading, writing, lifeline, task_root, *packages = sys.argv[1:]
    threading.Thread(target=_end_with, args=(int(lifeline),), daemon=True).start()
    # As in Lambda: what the function brings comes first, what the runtime brings comes last.
    sys.path[:] = [task_root, *sys.path, *packages]
    with os.fdopen(int(reading)) as invocations, os.fdopen(int(writing), "w") as answers:
        Runtime(invocations, answers).run()


if __name__ == "__main__":
    main()
