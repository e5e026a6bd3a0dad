"""The CDK CLI as a process.

Law: the only place that starts ``cdk``. Its whole output goes to a log file; what a person needs
while it runs reaches the caller line by line, and a failure becomes one error that names the cause.
"""

import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vela.errors import DeployFailed, ToolMissing
from vela.ops import synthesis
from vela.ops.kept import Kept

Progress = Callable[[str], None]

#: Quiet and offline: no notices, no telemetry, no banner about the Node version.
QUIET: Mapping[str, str] = {
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CDK_DISABLE_VERSION_CHECK": "true",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "NO_COLOR": "1",
}

#: What decides the assembly: change one of these and it is synthesised anew.
ROOMS = ("infra", "api", "dsql", "settings.py", "errors.py")
SOURCES = (
    *("cdk.json", "cdk.context.json", "uv.lock", "web"),
    *(f"packages/vela/src/vela/{room}" for room in ROOMS),
)

_EVENT = re.compile(
    r"\| (?P<status>[A-Z]+_[A-Z_]+) +\| (?P<type>[\w:]+) +\| (?P<name>.*?)(?: \(\w+\))?$"
)
_FAILURE = re.compile(r"error|failed|cannot|denied|not found|exception", re.IGNORECASE)
#: Its verdict; what follows may be the dump of an object.
_VERDICT = re.compile(r"^❌ +(?P<why>.*[^:{ ])[ {]*$")
#: The CLI's own words of why it failed; a line that ends with a colon tells nothing.
_TOLD = re.compile(r"^(?:\S+: fail: |‣ )(?P<why>.*[^:])$")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdk:
    """The pinned CDK CLI of one checkout, pointed at one account by its environment.

    Args:
        project: The checkout; ``node_modules`` and ``cdk.json`` are looked for there.
        assembly: Where the synthesised cloud assembly is kept between commands.
        environment: The whole environment of the process: credentials, Region, endpoint.
        log: The file that receives all output.
        context: What the app is told, as by ``--context``.

    """

    project: Path
    assembly: Path
    environment: Mapping[str, str]
    log: Path
    context: Mapping[str, str] = field(default_factory=dict)

    def told(self, context: Mapping[str, str]) -> "Cdk":
        """Give the same CLI with *context* beside its own, and an assembly of its own for that."""
        if not context:
            return self
        text = json.dumps(sorted(context.items()))
        name = f"{self.assembly.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        return replace(
            self, context={**self.context, **context}, assembly=self.assembly.with_name(name)
        )

    def synth(self, progress: Progress) -> bool:
        """Synthesise unless the kept assembly is that of the same sources; say whether it ran."""
        told = [part for name, value in self.context.items() for part in ("-c", f"{name}={value}")]
        kept = Kept(self.assembly)
        with kept.held():  # whoever comes second finds what the first has made
            inputs = self._inputs()
            if kept.made_of(inputs):
                return False
            with kept.anew(inputs) as directory:
                self._run(["synth", "--quiet", "--output", str(directory), *told], progress)
        return True

    def bootstrap(self, account: str, region: str, progress: Progress) -> None:
        """Create or update what CDK itself needs in the account."""
        self._run(["bootstrap", f"aws://{account}/{region}", *self._assembly()], progress)

    def deploy(self, stack: str, progress: Progress, *, arguments: Sequence[str] = ()) -> None:
        """Deploy one stack of the kept assembly."""
        command = ["deploy", stack, "--exclusively", *self._assembly()]
        command += ["--require-approval", "never", "--progress", "events"]
        self._run([*command, *arguments], progress)

    def destroy(self, stack: str, progress: Progress) -> None:
        """Destroy one stack of the kept assembly."""
        command = ["destroy", stack, "--exclusively", *self._assembly(), "--force"]
        self._run(command, progress)

    def rollback(self, stack: str, progress: Progress) -> None:
        """Let CloudFormation finish the failed rollback of one stack."""
        # Without --force, which would orphan whatever resists.
        self._run(["rollback", stack, *self._assembly()], progress)

    def template(self, stack: str) -> Mapping[str, Any]:
        """Read one stack's template in the kept assembly."""
        path = self.assembly / f"{stack}.template.json"
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _assembly(self) -> list[str]:
        return ["--app", str(self.assembly)]

    def _inputs(self) -> str:
        """Digest of everything the assembly is made of."""
        digest = hashlib.sha256(json.dumps(sorted(self.context.items())).encode())
        for name in SOURCES:
            for path in _files(self.project / name):
                digest.update(str(path.relative_to(self.project)).encode())
                digest.update(path.read_bytes())
        for name in sorted(k for k in self.environment if k.startswith(("VELA_", "CDK_DEFAULT_"))):
            digest.update(f"{name}={self.environment[name]}\n".encode())
        return digest.hexdigest()

    def _run(self, arguments: Sequence[str], progress: Progress) -> None:
        program = self.project / "node_modules" / ".bin" / "cdk"
        if not program.exists():
            raise ToolMissing("the CDK CLI is not installed", "Run `make install`")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [str(program), *arguments, "--no-notices", "--no-color"]
        lines: list[str] = []
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ cdk {' '.join(arguments)}\n")
            status = self._stream(command, _tee(log.write, lines, progress))
        if status:
            why = (arguments[0] == "synth" and synthesis.reason(lines)) or cause(lines)
            raise DeployFailed(
                f"`cdk {arguments[0]}` failed: {why}",
                f"The whole output is in {self.log}; mend the cause and run the command again",
            )

    def _stream(self, command: Sequence[str], sink: Callable[[str], None]) -> int:
        """Run *command*, hand each line to *sink*, and never leave it running behind."""
        with subprocess.Popen(
            command,
            cwd=self.project,
            env={**self.environment, **QUIET},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            try:
                for line in process.stdout or ():
                    sink(_ESCAPE.sub("", line))
                return process.wait()
            finally:
                if process.poll() is None:
                    process.terminate()


def event(line: str) -> str | None:
    """Tell what a CloudFormation event line reports, as ``what type``; None for any other line."""
    if found := _EVENT.search(line.rstrip()):
        return f"{found['type'].removeprefix('AWS::')} {found['name'].split('/')[0].strip()}"
    return None


def cause(lines: Sequence[str]) -> str:
    """Pick the line that tells why: a failed event's reason, the CLI's verdict, else any trouble."""
    told = [line.strip() for line in lines if line.strip()]
    failed = [line for line in told if "_FAILED" in line and "|" in line]
    if failed:
        return failed[0].split("|")[-1].strip()
    for words in (_TOLD, _VERDICT):
        if own := next(filter(None, map(words.match, told)), None):
            return own["why"]
    return next(
        (line for line in reversed(told) if _FAILURE.search(line)),
        told[-1] if told else "it said nothing",
    )


def _tee(
    write: Callable[[str], object], lines: list[str], progress: Progress
) -> Callable[[str], None]:
    def sink(line: str) -> None:
        write(line)
        lines.append(line)
        if (news := event(line)) is not None:
            progress(news)

    return sink


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
