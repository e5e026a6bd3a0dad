"""The account PostgreSQL runs under.

Law: reads the password database and file modes, changes nothing. PostgreSQL refuses to run as
root, so a server started by root gives its children another account; anyone else keeps their own.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from dsql_local.errors import AccountMissing

# `postgres` is the customary owner of such files; `nobody` exists on every Unix.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom a child process becomes."""

    name: str
    uid: int
    gid: int

    def passes(self, directory: Path) -> bool:
        """Whether every directory down to *directory* lets this account through."""
        resolved = directory.resolve()
        return all(self._enters(step) for step in (resolved, *resolved.parents))

    def _enters(self, directory: Path) -> bool:
        status = directory.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


def unprivileged() -> Account | None:
    """Name the account to change to, or None when this process is not root."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise AccountMissing(
        "PostgreSQL refuses to run as root and this machine has neither a `postgres` nor a `nobody`"
        " account",
        fix="Run dsql-local as another user.",
    )


def give(tree: Path, account: Account | None) -> None:
    """Make *account* the owner of *tree*, unless it is so already."""
    if account is None or tree.stat().st_uid == account.uid:
        return
    for directory, _, files in os.walk(tree):
        for name in files:
            os.chown(Path(directory, name), account.uid, account.gid, follow_symlinks=False)
        # The root of the tree last: its owner tells whether the work was finished.
        if Path(directory) != tree:
            os.chown(directory, account.uid, account.gid)
    os.chown(tree, account.uid, account.gid)
