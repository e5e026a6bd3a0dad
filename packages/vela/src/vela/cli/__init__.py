"""Commands and rendering; nothing else in Vela prints.

Law: a `VelaError` becomes one line and its exit code here, once; anything else is a bug and keeps
its traceback.
"""

import sys

from vela.cli.disk import of_disk
from vela.cli.interruption import interruptible
from vela.errors import Interrupted, VelaError


def main() -> None:
    """Run the ``vela`` command."""
    with interruptible() as interruption:
        try:
            from vela.cli.commands import app  # noqa: PLC0415 - Ctrl-C may come while it is imported

            app()
        except VelaError as error:
            _fail(error)
        except KeyboardInterrupt:
            _fail(interruption.error)
        except SystemExit as end:
            if end.code != Interrupted.exit_code:  # what Typer makes of Ctrl-C, without a word
                raise
            _fail(interruption.error)
        except OSError as error:
            if (told := of_disk(error)) is None:
                raise
            _fail(told)


def _fail(error: VelaError) -> None:
    from vela.cli import screen  # noqa: PLC0415

    screen.failure(error)
    sys.exit(error.exit_code)
