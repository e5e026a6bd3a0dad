"""Writes a report where people and programs find it."""

import json
import os
from pathlib import Path

from vela.ops.verify.page import page
from vela.ops.verify.report import Report

JSON, HTML = "verification.json", "verification.html"


def write(report: Report, directory: Path) -> Path:
    """Write both files, each whole or not at all; give the one for people."""
    directory.mkdir(parents=True, exist_ok=True)
    _put(directory / JSON, json.dumps(report.as_json(), indent=2) + "\n")
    _put(directory / HTML, page(report))
    return directory / HTML


def _put(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
