"""The small JSON files that one start leaves for the next.

Law: a file is whole or it is not there, and one that cannot be read is named.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vela.errors import StateCorrupt


def read(path: Path) -> Any:
    """Return what *path* holds."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise StateCorrupt(
            f"{path} cannot be read", "Restore that file, or run `vela down --purge`"
        ) from None


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Put *document* at *path*, for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(document))
    partial.replace(path)
