"""Measure every figure the README states: ``make bench``, or ``python -m benchmarks token health``.

Each module of this folder with a ``run()`` measures one part, in pairs within one run where it
compares. The results are printed with their targets and written to ``benchmarks/results/``.
"""

import importlib
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.row import Row
from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent
PARTS = (
    "token_signing",
    "pool_refusal",
    "health_probe",
    "handler",
    "standin",
    "testing",
    "whole_platform",
    "doctor",
)


def machine() -> dict[str, object]:
    """Describe the machine: figures mean nothing without it."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    models = [line.split(":", 1)[1].strip() for line in text.splitlines() if "model name" in line]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def show(rows: list[Row]) -> None:
    """Print value beside target."""
    table = Table(box=None, pad_edge=False)
    for heading in ("figure", "value", "target", ""):
        table.add_column(heading, justify="right" if heading in {"value", "target"} else "left")
    for row in rows:
        mark = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: ""}[row.passed]
        table.add_row(row.name, f"{row.value:g} {row.unit}", row.target, mark)
    Console(soft_wrap=True).print(table)


def main(names: list[str]) -> int:
    """Run the parts named (all by default); exit 1 when a target is missed."""
    rows: list[Row] = []
    for name in names or PARTS:
        part = importlib.import_module(f"benchmarks.{name}").run()
        show(part)
        rows += part
    if not names:
        results = FOLDER / "results"
        results.mkdir(exist_ok=True)
        report = {"machine": machine(), "rows": [row.as_json() for row in rows]}
        target = results / "latest.json"
        target.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return int(any(row.passed is False for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
