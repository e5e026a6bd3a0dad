"""The ``vela`` commands.

Law: a command reads its options, asks ``local`` and ``ops``, and shows what they answer.
"""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from vela.cli import deploy as deployment
from vela.cli import destroy as destruction
from vela.cli import doctor as diagnosis
from vela.cli import plan as planning
from vela.cli import platform, screen
from vela.cli import rollback as restoration
from vela.cli import verify as verification
from vela.cli.surroundings import context_of
from vela.errors import SettingsError
from vela.local import LocalSettings
from vela.ops.plan.destroying import DestroyOptions, WebBucket
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
AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON document instead; of a failure, its error.",
        callback=screen.document.ask,
    ),
]
Count = Annotated[int, typer.Option(help="How many times to call it.", min=1, max=10_000)]
MaybePort = int | None
Where = Annotated[Target, typer.Option(help="Where it is deployed.")]
Context = Annotated[
    list[str] | None,
    typer.Option("--context", "-c", help="CDK context, name=value; may be given repeatedly."),
]
Domain = Annotated[str | None, typer.Option(help="The website's own name: --context domain=…")]
Certificate = Annotated[
    str | None, typer.Option(help="ARN of its certificate: --context certificate=…")
]
StageName = Annotated[
    str | None, typer.Option("--stage", help="development or production: --context stage=…")
]
Zones = Annotated[str | None, typer.Option(help="Two availability zones: --context zones=…")]
HostedZone = Annotated[
    str | None,
    typer.Option(help="Route 53 zone of the domain, for its records: --context hostedZone=…"),
]
PurgeWebBucket = Annotated[
    bool,
    typer.Option(
        "--purge-web-bucket", help="Delete a bucket no stack owns instead of taking it in."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Confirm beforehand, for scripts.")]


def _settings(
    project: Path, *, home: Path | None, port: int | None = None, dsql_port: int | None = None
) -> LocalSettings:
    """Make the local cloud's settings, if *project* is a checkout of Vela."""
    if not (project / "cdk.json").is_file():
        raise SettingsError(
            f"{project.resolve()} is no checkout of Vela: it has no cdk.json",
            "Go to the checkout, or name it with --project",
        )
    return LocalSettings.of(project, home=home, port=port, dsql_port=dsql_port)


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
    settings = _settings(project, home=home, port=port, dsql_port=dsql_port)
    platform.up(settings, count=count, as_json=as_json)


@app.command()
def down(
    *,
    project: Project = Path(),
    home: Home = None,
    purge: Annotated[bool, typer.Option("--purge", help="Forget the platform's data too.")] = False,
) -> None:
    """Stop the platform on this machine; its data stay unless they are purged."""
    platform.down(_settings(project, home=home), purge=purge)


@app.command()
def status(*, project: Project = Path(), home: Home = None, as_json: AsJson = False) -> None:
    """Tell what runs on this machine, where it is reached and where its logs are."""
    platform.status(_settings(project, home=home), as_json=as_json)


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
    platform.health(_settings(project, home=home), count=count, target=target, as_json=as_json)


@app.command()
def doctor(
    *,
    project: Project = Path(),
    home: Home = None,
    target: Where = Target.AWS,
    domain: Domain = None,
    certificate: Certificate = None,
    hosted_zone: HostedZone = None,
    stage: StageName = None,
    zones: Zones = None,
    context: Context = None,
    drift: Annotated[
        bool, typer.Option("--drift", help="Have CloudFormation compare anew: takes minutes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find what stands in the way of a deployment; changes nothing. Exits 0, 1 or 2."""
    told = context_of(
        context or (),
        domain=domain,
        certificate=certificate,
        hostedZone=hosted_zone,
        stage=stage,
        zones=zones,
    )
    raise typer.Exit(
        diagnosis.doctor(
            _settings(project, home=home),
            target=target,
            context=told,
            drift=drift,
            as_json=as_json,
        )
    )


@app.command()
def plan(
    *,
    project: Project = Path(),
    home: Home = None,
    target: Where = Target.AWS,
    domain: Domain = None,
    certificate: Certificate = None,
    hosted_zone: HostedZone = None,
    stage: StageName = None,
    zones: Zones = None,
    context: Context = None,
    purge_web_bucket: PurgeWebBucket = False,
    as_json: AsJson = False,
) -> None:
    """Show what a deployment would do, what it costs, what data it risks. Exits 0, 1 or 2."""
    told = context_of(
        context or (),
        domain=domain,
        certificate=certificate,
        hostedZone=hosted_zone,
        stage=stage,
        zones=zones,
    )
    settings = _settings(project, home=home)
    raise typer.Exit(
        planning.plan(
            settings,
            target=target,
            context=told,
            as_json=as_json,
            purge_web_bucket=purge_web_bucket,
        )
    )


@app.command()
def deploy(
    *,
    project: Project = Path(),
    home: Home = None,
    target: Where = Target.AWS,
    domain: Domain = None,
    certificate: Certificate = None,
    hosted_zone: HostedZone = None,
    stage: StageName = None,
    zones: Zones = None,
    context: Context = None,
    count: Count = 100,
    purge_web_bucket: PurgeWebBucket = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Deploy what `vela plan` shows, and prove that it works; run again, it goes on."""
    told = context_of(
        context or (),
        domain=domain,
        certificate=certificate,
        hostedZone=hosted_zone,
        stage=stage,
        zones=zones,
    )
    options = deployment.DeployOptions(
        target=target,
        context=told,
        count=count,
        purge_web_bucket=purge_web_bucket,
        yes=yes,
        as_json=as_json,
    )
    settings = _settings(project, home=home)
    deployment.deploy(settings, options, command="vela deploy")


@app.command()
def rollback(
    *,
    project: Project = Path(),
    home: Home = None,
    target: Where = Target.AWS,
    context: Context = None,
    count: Count = 100,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and stop.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take the last deployment back to what was there before it, and prove that works."""
    command = restoration.RollbackCommand(
        target=target,
        context=context_of(context or ()),
        count=count,
        yes=yes,
        dry_run=dry_run,
        as_json=as_json,
    )
    restoration.rollback(_settings(project, home=home), command)


@app.command()
def verify(
    *,
    project: Project = Path(),
    home: Home = None,
    target: Where = Target.AWS,
    count: Count = 100,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Where the report is written, as JSON and as one HTML file.",
            file_okay=False,
            show_default="reports below .vela",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that what is deployed works: every check, with its evidence and a report."""
    settings = _settings(project, home=home)
    verification.verify(settings, target=target, count=count, directory=report, as_json=as_json)


@app.command()
def destroy(
    *,
    project: Project = Path(),
    home: Home = None,
    target: Where = Target.AWS,
    domain: Domain = None,
    certificate: Certificate = None,
    hosted_zone: HostedZone = None,
    stage: StageName = None,
    zones: Zones = None,
    context: Context = None,
    including_data: Annotated[
        bool,
        typer.Option("--including-data", help="Lift the deletion protection, and delete the data."),
    ] = False,
    web_bucket: Annotated[
        WebBucket, typer.Option(help="What becomes of the website's bucket.")
    ] = WebBucket.KEEP,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what goes and what stays, and stop.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take everything down in order, and look that nothing is left but what is to stay."""
    told = context_of(
        context or (),
        domain=domain,
        certificate=certificate,
        hostedZone=hosted_zone,
        stage=stage,
        zones=zones,
    )
    command = destruction.DestroyCommand(
        target=target,
        context=told,
        options=DestroyOptions(including_data=including_data, web_bucket=web_bucket),
        yes=yes,
        dry_run=dry_run,
        as_json=as_json,
    )
    destruction.destroy(_settings(project, home=home), command)


@app.command()
def env(*, project: Project = Path(), home: Home = None) -> None:
    """Print the shell exports that point AWS clients at the local cloud."""
    for name, value in platform.environment(_settings(project, home=home)).items():
        screen.line(f"export {name}={shlex.quote(value)}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context, *, project: Project = Path(), home: Home = None) -> None:
    """Open psql on the local cluster as admin; psql's own arguments follow."""
    platform.psql(_settings(project, home=home), context.args)
