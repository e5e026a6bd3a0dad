"""The template every new cluster's instance is copied from.

Law: a template is named by a digest of all that goes into it, is made once per user, and is never
changed; one that is damaged is made again. It bears its name, and so does every copy. Making one takes half a second (initdb, then the SQL of the ``sys`` schema in single-user
mode); copying it takes a tenth of that.
"""

import errno
import hashlib
import json
import os
import shutil
from importlib.resources import files
from pathlib import Path

from dsql_local import disk
from dsql_local.dialect.functions import REFUSED
from dsql_local.errors import DiskFull, PostgresFailed
from dsql_local.postgres import account as accounts
from dsql_local.postgres import binaries
from dsql_local.postgres.place import Place
from dsql_local.postgres.process import run

SUPERUSER = "dsql_local"
INITDB = (
    f"--username={SUPERUSER}",
    "--auth=trust",  # the socket lies in a directory only the account may enter
    "--encoding=UTF8",
    "--locale=C",  # the collation Aurora DSQL has
    "--no-sync",
    "--no-instructions",
    "--wal-segsize=1",  # a cluster of 27 MB instead of 40
)
# What a template says of itself.
MADE = "dsql-local.json"
# -O lets the schema replace functions of pg_catalog; -j ends a statement at ";" and a blank line.
SINGLE_USER = ("--single", "-j", "-O", "-c", "exit_on_error=on")
# What the SQL below asks for (absent.sql).
ASKED = ("-c", f"dsql_local.refused_functions={REFUSED}")

# What makes a database a cluster's, in order.
SCHEMA = (
    "schema.sql",
    "limits.sql",
    "faults.sql",
    "absent.sql",
    "catalogue.sql",
    "keys.sql",
    "jobs.sql",
)


def _part(name: str) -> bytes:
    return files("dsql_local.postgres").joinpath(name).read_bytes()


def _schema() -> bytes:
    return b"\n".join(map(_part, SCHEMA))


def key(programs: Path) -> str:
    """Name the template these programs and this version of the schema make."""
    ingredients = (
        binaries.fingerprint(programs).encode(),
        " ".join((*INITDB, *SINGLE_USER, *ASKED)).encode(),
        _part("postgresql.conf"),
        _schema(),
    )
    return hashlib.sha256(b"\0".join(ingredients)).hexdigest()[:16]


def cache() -> Path:
    """The user's directory for things that can be made again."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "dsql-local"


def prepare(place: Place, directory: Path) -> Path:
    """Return the template below *directory*, making it first if there is none."""
    template = directory / f"template-{key(place.programs)}"
    if is_whole(template):
        return template
    work = place.data / f"template.{os.getpid()}"
    staged = directory / f"{template.name}.{os.getpid()}"
    try:
        work.mkdir(mode=0o700)
        accounts.give(work, place.account)
        _make(place, work)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(work, staged)
        publish(staged, template)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(staged, ignore_errors=True)
    return template


def publish(staged: Path, template: Path) -> None:
    """Give a template its name, unless another server has been faster: it may be copying by now."""
    try:
        staged.rename(template)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
        if not is_whole(template):  # it is half removed
            shutil.rmtree(template)
            staged.rename(template)


def is_whole(template: Path) -> bool:
    """Whether nothing of a template is missing or cut off since it was made."""
    try:
        said = json.loads((template / MADE).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("extent") == _extent(template)


def maker_of(directory: Path) -> str | None:
    """The key of the template a data directory was copied from, if that told."""
    try:
        return str(json.loads((directory / MADE).read_bytes())["key"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _extent(template: Path) -> list[int]:
    """How many files there are, and how long all are together."""
    sizes = [
        Path(folder, name).stat().st_size
        for folder, _, names in os.walk(template)
        for name in names
        if name != MADE
    ]
    return [len(sizes), sum(sizes)]


def _make(place: Place, directory: Path) -> None:
    _run(place, "initdb", *INITDB, "-D", str(directory))
    with (directory / "postgresql.conf").open("ab") as configuration:
        configuration.write(_part("postgresql.conf"))
    flags = (*SINGLE_USER, *ASKED, "-D", str(directory))
    _run(place, "postgres", *flags, "postgres", stdin=_schema())
    said = {"key": key(place.programs), "extent": _extent(directory)}
    (directory / MADE).write_text(json.dumps(said))


def _run(place: Place, program: str, *arguments: str, stdin: bytes = b"") -> None:
    command = [place.program(program), *arguments]
    code, output = run(command, account=place.account, stdin=stdin)
    if code != 0:
        raise failure(program, output, place.data)


def failure(program: str, output: str, directory: Path) -> PostgresFailed | DiskFull:
    """Say in one line why *program* ended, from what it printed."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "rror:" in line]
    reason = (telling or lines or ["it printed nothing"])[0]
    if "No space left on device" in output or (not lines and disk.is_used_up(directory)):
        return _full(directory)
    return PostgresFailed(f"{program} failed: {reason}", fix=f"Look at the files in {directory}.")


def _not_copied(error: OSError, directory: Path) -> PostgresFailed | DiskFull:
    if disk.is_full(error):
        return _full(directory)
    # Of a whole tree, the first file says it for all.
    first = error.args[0][0][-1] if isinstance(error, shutil.Error) else error
    return PostgresFailed(
        f"{directory} could not be made: {first}", fix=f"Make {directory.parent} writable."
    )


def _full(directory: Path) -> DiskFull:
    return DiskFull(f"no space is left in {directory}", fix="Free some and start again.")


def instantiate(template: Path, directory: Path, place: Place) -> None:
    """Copy *template* to *directory*, whole or not at all."""
    partial = directory.with_name(f"{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        shutil.copytree(template, partial, symlinks=True)
        accounts.give(partial, place.account)
        partial.rename(directory)
    except OSError as error:
        raise _not_copied(error, directory) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
