"""The `vela` command lines that a text holds, and whether the program would take them."""

import re
import shlex
from collections.abc import Iterator

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from vela.cli.commands import app

GROUP = typer.main.get_command(app)
SPAN = re.compile(r"`([^`\n]+)`")
#: As people and workflows write it.
PROGRAM = re.compile(r"^(?:\.venv/bin/)?vela$")
#: What ends one command of a shell line.
ENDS = frozenset({"|", "||", "&&", ";", ">", ">>", "2>", "#"})


def command_lines(text: str) -> Iterator[list[str]]:
    """Give the words after `vela` of every command in code blocks and in code spans."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL)
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line for block in blocks for line in joined(block).splitlines()]
    for line in (*lines, *SPAN.findall(outside)):
        yield from in_shell(line.removeprefix("$ "))


def joined(block: str) -> str:
    return block.replace("\\\n", " ")


def in_shell(line: str) -> Iterator[list[str]]:
    """Give the words after each `vela` that is a command of the line."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return
    for number, word in enumerate(words):
        if PROGRAM.match(word) and (number == 0 or words[number - 1] in ENDS):
            rest = words[number + 1 :]
            end = next((n for n, w in enumerate(rest) if w in ENDS), len(rest))
            yield rest[:end]


def refusal(words: list[str]) -> str | None:
    """Say why the program would not take these words; None where it would."""
    assert isinstance(GROUP, TyperGroup)
    name, *arguments = words
    command = GROUP.commands.get(name)
    if command is None:
        return f"there is no command {name}"
    try:
        command.make_context(name, arguments)
    except typer.Exit:
        return None  # --help
    except TyperException as error:
        return str(error)
    return None
