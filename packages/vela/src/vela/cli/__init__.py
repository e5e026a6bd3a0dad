"""Commands and rendering; nothing else in Vela prints.

Law: a `VelaError` becomes one line and its exit code here, once; anything else is a bug and keeps
its traceback.
"""

import errno
import sys

from vela.errors import DiskFull, Interrupted, VelaError


def main() -> None:
    """Run the ``vela`` command."""
    import click  # noqa: PLC0415 - importing this room must stay cheap

    from vela.cli.commands import app  # noqa: PLC0415

    try:
        sys.exit(app(standalone_mode=False))
    except VelaError as error:
        _fail(error)
    except (KeyboardInterrupt, click.exceptions.Abort):
        _fail(Interrupted("interrupted", "What was finished is kept; run it again to go on"))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _fail(DiskFull(f"no space is left to write {error.filename}", "Free some and run it again"))


def _fail(error: VelaError) -> None:
    from vela.cli import screen  # noqa: PLC0415

    screen.failure(error)
    sys.exit(error.exit_code)
