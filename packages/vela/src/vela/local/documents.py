"""The small JSON files that one start leaves for the next.

Law: a file is whole or it is not there, and one that does not hold what it should is named.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

from vela.errors import StateCorrupt

Shape = TypeVar("Shape")
FIX = "Restore that file, or run `vela down --purge`"


def read(path: Path, shape: type[Shape], *, fix: str = FIX) -> Shape:
    """Return what *path* holds as the dataclass *shape*; what that does not name is passed over."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise StateCorrupt(f"{path} cannot be read", fix) from None
    try:
        return _shaped(document, shape)
    except ValueError as error:
        raise StateCorrupt(f"{path} does not hold what Vela wrote there: {error}", fix) from None


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Put *document* at *path*, for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(document))
    partial.replace(path)


def _shaped(document: object, shape: type[Shape]) -> Shape:
    if not isinstance(document, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - a value of a file, no argument
    types = get_type_hints(shape)
    names = [field.name for field in fields(shape)]  # type: ignore[arg-type]  # Shape: a dataclass
    for name in names:
        # Not isinstance: for Python, but not for JSON, true is a number.
        if type(document.get(name)) is not (get_origin(types[name]) or types[name]):
            raise ValueError(f"{name} is absent or of the wrong type")
    return shape(**{name: document[name] for name in names})
