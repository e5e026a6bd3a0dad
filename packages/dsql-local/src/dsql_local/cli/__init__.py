"""The command line: the only room that prints.

Law: parses, calls, renders. An error a user can do something about is one line on stderr and an
exit code; anything else is a bug and keeps its traceback.
"""

import errno
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from dsql_local.errors import DataDirectoryUnusable, DiskFull, DsqlLocalError

INTERRUPTED = 128 + signal.SIGINT


class Stopped(BaseException):
    """SIGTERM came before there was an event loop to tell."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        # Imported here, so that Ctrl-C finds somebody to catch it from the first moment.
        from dsql_local.cli.arguments import parse  # noqa: PLC0415

        options = parse(arguments)
        code: int = options.command(options)
    except DsqlLocalError as error:
        return _fail(error)
    except OSError as error:
        return _fail(_explained(error))
    except KeyboardInterrupt:
        return _say("interrupted; nothing was left running", INTERRUPTED)
    except Stopped:
        return 0
    return code


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _fail(error: DsqlLocalError) -> int:
    return _say(str(error), error.exit_code)


def _say(line: str, code: int) -> int:
    sys.stderr.write(f"dsql-local: {line}\n")
    return code


def _explained(error: OSError) -> DsqlLocalError:
    """Turn what the operating system refused into what to do about it."""
    where = f"{error.filename}: " if error.filename else ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(f"{where}no space is left", fix="Free some and start again.")
    return DataDirectoryUnusable(
        f"{where}{error.strerror or error}", fix="Check that path, or choose another --data-dir."
    )
