"""``vela verify``: does the deployed platform work, check by check.

Law: asks ``ops.verify`` and shows what it answers; changes nothing but its own report.
"""

from collections.abc import Mapping
from pathlib import Path

from vela.cli import screen
from vela.cli.lifecycle import here
from vela.cli.screen import Steps
from vela.local import LocalSettings
from vela.ops.target import Target


def verify(
    settings: LocalSettings,
    *,
    target: Target,
    count: int,
    directory: Path | None,
    as_json: bool,
) -> None:
    """Verify, write the report, show it, and fail if a check did."""
    told: Mapping[str, str] = {}
    ground = here(settings, target=target, context=told, show=Steps())
    verified = ground.verified(count=count, directory=directory)
    if as_json:
        screen.json(verified.report.as_json())
    else:
        screen.verification(verified.report, page=verified.file)
    verified.require()
