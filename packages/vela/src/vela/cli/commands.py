"""The ``vela`` commands.

Law: a command reads its options, asks ``local`` and ``ops``, and shows what they answer.
"""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from vela.cli import platform, screen
from vela.local import LocalSettings
from vela.ops.target import Target

app = typer.Typer(
    help="Vela: a web platform whose only relational database is Amazon Aurora DSQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)

Project = Annotated[
    Path,
    typer.Option(
        envvar="VELA_PROJECT", help="The checkout.", exists=True, file_okay=False, show_default="."
    ),
]
Home = Annotated[
    Path | None,
    typer.Option(
        envvar="VELA_HOME",
        help="Where the local cloud keeps its data, logs and locks.",
        file_okay=False,
        show_default=".vela of the checkout",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]
Count = Annotated[int, typer.Option(help="How many times to call it.", min=1, max=10_000)]
MaybePort = int | None


@app.command()
def up(
    *,
    project: Project = Path(),
    home: Home = None,
    port: Annotated[
        MaybePort,
        typer.Option(
            help="Port of the AWS APIs and CloudFront; 0: any free one.", min=0, max=65535
        ),
    ] = None,
    dsql_port: Annotated[
        MaybePort, typer.Option(help="Port of dsql-local; 0: any free one.", min=0, max=65535)
    ] = None,
    count: Count = 100,
    as_json: AsJson = False,
) -> None:
    """Start the whole platform on this machine, deploy it with CDK, check its health."""
    settings = LocalSettings.of(project, home=home, port=port, dsql_port=dsql_port)
    platform.up(settings, count=count, as_json=as_json)


@app.command()
def down(
    *,
    project: Project = Path(),
    home: Home = None,
    purge: Annotated[bool, typer.Option("--purge", help="Forget the platform's data too.")] = False,
) -> None:
    """Stop the platform on this machine; its data stay unless they are purged."""
    platform.down(LocalSettings.of(project, home=home), purge=purge)


@app.command()
def status(*, project: Project = Path(), home: Home = None, as_json: AsJson = False) -> None:
    """Tell what runs on this machine, where it is reached and where its logs are."""
    platform.status(LocalSettings.of(project, home=home), as_json=as_json)


@app.command()
def health(
    *,
    project: Project = Path(),
    home: Home = None,
    count: Count = 1,
    target: Annotated[
        Target | None,
        typer.Option(help="Where it is deployed; by default here if it runs here, else AWS."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Call the deployed health-check: success rate, p50, p95 and p99."""
    platform.health(
        LocalSettings.of(project, home=home), count=count, target=target, as_json=as_json
    )


@app.command()
def env(*, project: Project = Path(), home: Home = None) -> None:
    """Print the shell exports that point AWS clients at the local cloud."""
    for name, value in platform.environment(LocalSettings.of(project, home=home)).items():
        screen.line(f"export {name}={shlex.quote(value)}")
