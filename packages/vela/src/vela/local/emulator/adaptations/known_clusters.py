"""Which clusters the emulator's state counts on.

Law: what is saved names them and the certificate authority that vouched for them. Only if dsql-local
has another authority *and* lacks one of them were its data lost; a cluster may be deleted, and
certificates may be made anew.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from .control import DsqlLocal

FILE = "dsql.json"


def listed(dsql: DsqlLocal) -> dict[str, Any] | None:
    """Return what is to be saved; nothing while dsql-local does not answer."""
    try:
        return {"authority": _authority(dsql), "clusters": sorted(_clusters(dsql))}
    except OSError:
        return None


def lost(services: Path, dsql: DsqlLocal) -> list[str]:
    """Name the clusters that the state in *services* counts on and that were lost."""
    if not (services / FILE).exists():
        return []
    saved = json.loads((services / FILE).read_text(encoding="utf-8"))["payload"]
    if saved["authority"] == _authority(dsql):
        return []
    return sorted(set(saved["clusters"]) - _clusters(dsql))


def _authority(dsql: DsqlLocal) -> str:
    return hashlib.sha256(Path(dsql.ca_file).read_bytes()).hexdigest()


def _clusters(dsql: DsqlLocal) -> set[str]:
    found: set[str] = set()
    page = ""
    while True:
        answer = dsql.call("GET", f"/cluster{page}")
        found |= {cluster["identifier"] for cluster in answer["clusters"]}
        if not (token := answer.get("nextToken")):
            return found
        page = f"?next-token={token}"
