"""A process that calls a handler as Lambda does: by its name, from stdin, logging JSON to stderr.

Run as ``python lambda_worker.py <module.function> <seconds>``; each line of stdin is an event, each line
of stdout its result, or the error that escaped.
"""

import importlib
import json
import logging
import sys
import time
import traceback

#: What every record has; the rest came as ``extra``, which Lambda's formatter writes as it is.
STANDARD = set(vars(logging.makeLogRecord({}))) | {"message"}


class JsonLines(logging.Formatter):
    """Name first, then the extra fields; no default encoder, as in Lambda."""

    def format(self, record):
        fields = {k: v for k, v in vars(record).items() if k not in STANDARD and v is not None}
        if record.exc_info:
            fields["stackTrace"] = traceback.format_exception(*record.exc_info)
        return json.dumps({"level": record.levelname, "message": record.getMessage()} | fields)


class Context:
    log_stream_name = "2026/11/22/[$LATEST]0123456789abcdef"

    def __init__(self, number: int, seconds: float) -> None:
        self.aws_request_id = f"request-{number}"
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(max(0.0, self._end - time.monotonic()) * 1000)


def main(name: str, seconds: str) -> None:
    """Serve events until stdin ends."""
    lines = logging.StreamHandler()
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    module, _, function = name.rpartition(".")
    handler = getattr(importlib.import_module(module), function)
    for number, line in enumerate(sys.stdin):
        try:
            answer = {"result": handler(json.loads(line), Context(number, float(seconds)))}
        except Exception as error:  # noqa: BLE001 - whatever escapes is what the test asks about
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
