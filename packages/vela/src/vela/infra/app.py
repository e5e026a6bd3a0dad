"""The CDK app: ``python -m vela.infra.app``, run by the CDK CLI in the project's directory.

Law: the only module of the app that looks at its surroundings (context, environment, directory) and
the only one that speaks; everything below is told.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import App, Environment, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from vela.errors import VelaError
from vela.infra.bundle import Bundle, Bundler, find_uv
from vela.infra.settings import REGION, InfraSettings, LambdaTarget
from vela.infra.stacks.api import ApiStack
from vela.infra.stacks.database import DatabaseStack
from vela.infra.stacks.web import VelaStack


def compose(app: App, settings: InfraSettings, *, bundle: Bundle, website: Path) -> None:
    """Put the three stacks into *app*, all in one shared environment, under cdk-nag's eyes."""
    env = Environment(account=settings.account, region=REGION)
    database = DatabaseStack(app, "DatabaseStack", env=env, settings=settings)
    api = ApiStack(app, "ApiStack", env=env, database=database, bundle=bundle)
    web = VelaStack(
        app,
        "VelaStack",
        env=env,
        settings=settings,
        api=api,
        cluster=database.cluster,
        website=website,
    )
    Tags.of(app).add("Project", "vela")
    Tags.of(app).add("Stage", settings.stage)
    for stack in (database, api, web):
        Tags.of(stack).add("vela:stack", stack.stack_name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def synthesise(project: Path, env: Mapping[str, str]) -> None:
    """Write the cloud assembly of *project* where the CDK CLI wants it."""
    app = App(
        analytics_reporting=False,
        # CloudFormation's own rules take two of seven seconds; the cloud on this machine has others.
        builtin_cloud_formation_validation=LambdaTarget.parse(env) is LambdaTarget.LAMBDA,
    )
    settings = InfraSettings.parse(app.node.get_all_context(), env)
    bundler = Bundler(
        project=project, uv=find_uv(project, env), cache=project / ".vela/cache/lambda", env=env
    )
    compose(app, settings, bundle=bundler.build(settings.lambda_target), website=project / "web")
    app.synth()


def main() -> int:
    """Synthesise; an error is one line, as everywhere."""
    try:
        synthesise(Path.cwd(), os.environ)
    except VelaError as error:
        sys.stderr.write(f"vela: {error.code} {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
