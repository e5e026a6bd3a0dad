"""The cloud on this machine: the AWS API emulator and dsql-local, started, found and stopped.

Law: composes the parts of this room; every command that changes anything holds the lock.
"""

import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from vela.errors import AlreadyRunning, ProcessFailed, StateCorrupt
from vela.local.emulator.installation import Installation, find_uv
from vela.local.lock import exclusive
from vela.local.ports import answers, require_free
from vela.local.processes import Program, Started
from vela.local.running import Running, Status
from vela.local.settings import LocalSettings

Progress = Callable[[str], None]

START_PATIENCE_S = 60.0
STOP_PATIENCE_S = 15.0
ADAPTATIONS = Path(__file__).parent / "emulator" / "adaptations"
# -I: nothing of the user's Python settings; the adaptations are found by the path that follows.
BOOT = "import sys; sys.path.append(sys.argv.pop(1)); from adaptations.server import main; main()"
CHANGED, CORRUPT = 3, 4  # of adaptations.server


class LocalCloud:
    """The local cloud of one checkout."""

    def __init__(
        self, settings: LocalSettings, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._installation = Installation.below(settings.tools)

    def start(self, progress: Progress) -> Running:
        """Start what does not run yet, and return once it serves."""
        with self.starting(progress) as running:
            return running

    @contextmanager
    def starting(self, progress: Progress, *, command: str = "vela up") -> Iterator[Running]:
        """Start, and hold the lock for the block; if it fails, stop what this call has started."""
        with self._exclusive(command):
            self._install(progress)
            running = self._found()
            if running is not None and self._is_current():
                yield self._as_wished(running)
                return
            self._clear_away(progress)
            try:
                yield self._started(progress)
            except BaseException:
                self._stop_all()
                raise

    def stop(self) -> bool:
        """Stop both processes, their state saved; tell whether anything ran."""
        with self._exclusive("vela down"):
            return self._stop_all()

    def purge(self) -> None:
        """Stop, and forget all data; what was installed stays."""
        with self._exclusive("vela down --purge"):
            self._stop_all()
            for directory in (*self._data_elsewhere(), self._settings.data):
                if directory.exists():
                    shutil.rmtree(directory)

    def status(self) -> Status:
        """Look what runs, and change nothing."""
        emulator, dsql = (Started.read(program.pid_file) for program in self._programs())
        return Status(
            emulator_pid=emulator.pid if emulator and emulator.running else None,
            dsql_pid=dsql.pid if dsql and dsql.running else None,
            running=self._found(),
        )

    def _exclusive(self, command: str) -> AbstractContextManager[None]:
        return exclusive(self._settings.run / "lock", command=command)

    def _install(self, progress: Progress) -> None:
        if not self._installation.complete:
            uv = find_uv(self._settings.uv, self._environment)
            self._installation.ensure(uv, progress)

    def _is_current(self) -> bool:
        """Tell whether what runs, if anything, was started by this version of the code."""
        written = [(Started.read(program.pid_file), program) for program in self._programs()]
        return all(started and started.version == program.version for started, program in written)

    def _found(self) -> Running | None:
        """Return the cloud if both its processes run, are ready and take connections."""
        programs = self._programs()
        for program in programs:
            started = Started.read(program.pid_file)
            if started is None or not started.running or not program.ready_file.exists():
                return None
        emulator, dsql = (_read(program.ready_file) for program in programs)
        answering = answers(emulator["port"]) and answers(dsql["port"])
        return self._running(emulator, dsql) if answering else None

    def _as_wished(self, running: Running) -> Running:
        port = int(running.endpoint_url.rpartition(":")[2])
        wished = ((self._settings.port, port), (self._settings.dsql_port, running.dsql_port))
        for wanted, actual in wished:
            if wanted not in {0, actual}:
                raise AlreadyRunning(
                    f"The local cloud already runs, on port {actual} instead of {wanted}",
                    "Run `make down` first to move it",
                )
        return running

    def _clear_away(self, progress: Progress) -> None:
        """Stop what an interrupted or older start left running."""
        if self._stop_all():
            progress("stopped what an earlier start had left running")

    def _started(self, progress: Progress) -> Running:
        require_free(self._settings.port, option="--port")
        require_free(self._settings.dsql_port, option="--dsql-port")
        self._prepare()
        progress("starting dsql-local and the AWS API emulator")
        emulator, dsql = self._programs()
        dsql_pid, emulator_pid = dsql.start(), emulator.start()
        dsql_ready = dsql.wait_ready(dsql_pid, patience_s=START_PATIENCE_S)
        self._remember_data(Path(dsql_ready["data_dir"]))
        ready = emulator.wait_ready(emulator_pid, patience_s=START_PATIENCE_S)
        return replace(self._running(ready, dsql_ready), notices=_notices(ready))

    def _prepare(self) -> None:
        for directory in (self._settings.data, self._settings.run, self._state):
            directory.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        if not self._credentials_file.exists():
            # A key id of its own: the CDK CLI remembers the account of every key id it has seen.
            key_id = "AKIA" + secrets.token_hex(8).upper()
            credentials = {"access_key_id": key_id, "secret_access_key": secrets.token_hex(20)}
            descriptor = os.open(self._credentials_file, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(json.dumps(credentials))

    def _stop_all(self) -> bool:
        """Stop the emulator first: what it saves at its end may still ask dsql-local."""
        ran = False
        for program in self._programs():
            started = Started.read(program.pid_file)
            if started is not None and started.running:
                ran = True
                started.stop(patience_s=STOP_PATIENCE_S)
            program.forget()
        return ran

    def _running(self, emulator: Any, dsql: Any) -> Running:
        credentials = _read(self._credentials_file)
        return Running(
            endpoint_url=emulator["endpoint_url"],
            account_id=dsql["account"],
            region=dsql["region"],
            access_key_id=credentials["access_key_id"],
            secret_access_key=credentials["secret_access_key"],
            dsql_port=dsql["port"],
            ca_file=Path(dsql["ca_file"]),
            logs=self._settings.logs,
        )

    def _programs(self) -> tuple[Program, Program]:
        return self._emulator(), self._dsql_local()

    def _emulator(self) -> Program:
        settings = self._settings
        options = {
            "port": settings.port,
            "state-dir": self._state,
            "scratch": self._scratch,
            "runtime-packages": self._installation.runtime_packages,
            "ready-file": settings.run / "emulator.json",
            "dsql-ready-file": settings.run / "dsql-local.json",
            "credentials-file": self._credentials_file,
        }
        interpreter = [str(self._installation.python), "-I", "-c", BOOT, str(ADAPTATIONS.parent)]
        arguments = [text for k, v in options.items() for text in (f"--{k}", str(v))]
        return Program(
            name="emulator",
            command=[*interpreter, *arguments],
            environment={**self._bare_environment(), "TMPDIR": str(self._scratch)},
            run=settings.run,
            logs=settings.logs,
            version=_digest(self._installation.directory.name, ADAPTATIONS),
            meanings={
                CHANGED: (ProcessFailed, "Install the pinned one: remove .vela/tools, start again"),
                CORRUPT: (StateCorrupt, "Restore that file, or run `vela down --purge`"),
            },
        )

    def _dsql_local(self) -> Program:
        settings = self._settings
        program = Path(sys.executable).parent / "dsql-local"
        options = {
            "data-dir": settings.data / "dsql",
            "port": settings.dsql_port,
            "control-port": 0,
            "ready-file": settings.run / "dsql-local.json",
        }
        arguments = [text for k, v in options.items() for text in (f"--{k}", str(v))]
        return Program(
            name="dsql-local",
            command=[str(program), "serve", "--no-admin-cluster", *arguments],
            environment=self._bare_environment(),
            run=settings.run,
            logs=settings.logs,
            version=_digest("dsql-local", Path(_package_directory("dsql_local"))),
        )

    def _bare_environment(self) -> dict[str, str]:
        """Return what any program needs; the user's own accounts stay out."""
        kept = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME")
        return {name: self._environment[name] for name in kept if name in self._environment}

    def _remember_data(self, directory: Path) -> None:
        """Note where dsql-local keeps its data if that is not where it was told to."""
        if not directory.is_relative_to(self._settings.data):
            (self._settings.data / "elsewhere").write_text(str(directory), encoding="utf-8")

    def _data_elsewhere(self) -> list[Path]:
        note = self._settings.data / "elsewhere"
        return [Path(note.read_text(encoding="utf-8"))] if note.exists() else []

    @property
    def _state(self) -> Path:
        return self._settings.data / "emulator"

    @property
    def _scratch(self) -> Path:
        return self._settings.run / "scratch"

    @property
    def _credentials_file(self) -> Path:
        return self._settings.data / "credentials.json"


def _notices(ready: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what a kill of the emulator may have cost."""
    if not ready["killed"]:
        return ()
    lost = "the emulator was killed last time: log lines and metrics since then may be missing"
    cut = [f"stack {name} was being changed then: deploy it again" for name in ready["interrupted"]]
    return (lost, *cut)


def _digest(name: str, directory: Path) -> str:
    digest = hashlib.sha256(name.encode())
    for path in sorted(directory.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _package_directory(name: str) -> str:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise ProcessFailed(f"the distribution of {name} is not installed", "Run `make install`")
    return found.submodule_search_locations[0]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
