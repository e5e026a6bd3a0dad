"""Looks at a deployed platform and judges it.

Law: everything is asked once, then every check is made on what was told; nothing is changed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vela.errors import NotDeployed
from vela.ops import health as health_check
from vela.ops.account import REGION
from vela.ops.aws import Aws
from vela.ops.cdk import Progress
from vela.ops.facts import stacks as stack_facts
from vela.ops.facts.stacks import StackFact, Stacks
from vela.ops.facts.unknown import Unknown
from vela.ops.health import Answer, Summary
from vela.ops.outputs import STACKS, Outputs
from vela.ops.refusals import known, required
from vela.ops.target import Target
from vela.ops.verify import functions, resources, website
from vela.ops.verify.functions import Functions
from vela.ops.verify.report import Check, Report, Sample, Subject
from vela.ops.verify.resources import Privacy
from vela.ops.verify.website import Website

HEALTH = Subject("health", "The health-check says ok")
#: A platform that answers less often than this is not called healthy.
REQUIRED_SHARE = 0.99

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is verified.

    Attributes:
        target: Where it is deployed.
        count: How often the health-check is called.
        at: When.
        address: Where this machine serves what AWS serves at a URL; None on AWS.

    """

    target: Target
    count: int
    at: datetime
    address: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that was told."""

    stacks: Stacks
    api: Template
    web: Template
    summary: Summary
    website: Website
    functions: Functions | Unknown
    cluster: str | Unknown
    privacy: Privacy | Unknown
    tagged: tuple[str, ...] | Unknown
    alarms: Mapping[str, str] | Unknown


def _health(seen: Seen) -> Check:
    summary = seen.summary
    enough = summary.success_rate >= REQUIRED_SHARE
    wrong = [] if enough else [f"{times} times: {text}" for text, times in summary.failures]
    times = f"p50 {summary.p50_ms:g} ms, p95 {summary.p95_ms:g} ms, p99 {summary.p99_ms:g} ms"
    return HEALTH.judged(wrong, f"{summary.ok} of {summary.count} ok, {times}")


#: Every check, in the order of the report.
CHECKS: tuple[Callable[[Seen], Check], ...] = (
    lambda seen: resources.cluster_active(seen.cluster),
    lambda seen: functions.configuration(seen.functions, seen.api, ids(seen.stacks["ApiStack"])),
    lambda seen: functions.permissions(seen.functions, seen.api, ids(seen.stacks["ApiStack"])),
    _health,
    lambda seen: website.page(seen.website, seen.web),
    lambda seen: website.deep_link(seen.website),
    lambda seen: website.api_404(seen.website),
    lambda seen: website.redirect(seen.website),
    lambda seen: website.domain_served(seen.website),
    lambda seen: resources.bucket_private(seen.privacy),
    lambda seen: resources.one_relational_database(seen.stacks, seen.tagged),
    lambda seen: resources.alarms_ok(seen.alarms),
)


def verify(aws: Aws, asked: Asked, progress: Progress) -> tuple[Report, Outputs]:
    """Look, judge, and give the report with where the platform is."""
    stacks = deployed(aws)
    told = {name: value for stack in stacks.values() for name, value in stack.outputs.items()}
    outputs = Outputs.parse(told)
    if asked.address is not None:
        outputs = outputs.at(asked.address)
    progress(f"calling the health-check {asked.count} times")
    answers = _answers(aws, outputs, count=asked.count)
    detailed = any("role" in answer.body for answer in answers)
    summary = health_check.summarise(outputs.website_url, answers, detailed=detailed)
    progress("looking at what is deployed")
    seen = gather(aws, stacks, outputs, summary)
    report = Report(
        target=asked.target.value,
        account=outputs.cluster_arn.split(":")[4],
        region=REGION,
        at=asked.at,
        website=outputs.website_url,
        checks=tuple(check(seen) for check in CHECKS),
        health=summary,
        samples=tuple(Sample(elapsed_ms=round(a.elapsed_ms, 3), ok=a.ok) for a in answers),
    )
    return report, outputs


def deployed(aws: Aws) -> Stacks:
    """Read the three stacks, all of which have to be there."""
    found = required("which stacks are deployed", stack_facts.gather(aws))
    missing = [name for name in STACKS if name not in found or not found[name].exists]
    if missing:
        raise NotDeployed(f"{', '.join(missing)} is not deployed", "Deploy first: `vela deploy`")
    return {name: found[name] for name in STACKS}


def gather(aws: Aws, stacks: Stacks, outputs: Outputs, summary: Summary) -> Seen:
    """Ask everything that needs nothing of each other at once."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        api = pool.submit(_template, aws, "ApiStack")
        web = pool.submit(_template, aws, "VelaStack")
        cluster = pool.submit(resources.cluster_status, aws, stacks)
        privacy = pool.submit(resources.privacy, aws, stacks)
        tagged = pool.submit(resources.tagged, aws)
        alarms = pool.submit(resources.alarm_states, aws, stacks)
        front = pool.submit(website.visit, outputs.website_url, website.alias(web.result()))
        made = functions.gather(aws, api.result(), ids(stacks["ApiStack"]))
        return Seen(
            stacks=stacks,
            api=api.result(),
            web=web.result(),
            summary=summary,
            website=front.result(),
            functions=made,
            cluster=cluster.result(),
            privacy=privacy.result(),
            tagged=tagged.result(),
            alarms=alarms.result(),
        )


def ids(stack: StackFact) -> dict[str, str]:
    """Give the physical ids by the logical ids."""
    return {name: resource.physical_id for name, resource in stack.resources.items()}


def _answers(aws: Aws, outputs: Outputs, *, count: int) -> Sequence[Answer]:
    told = known(
        "secretsmanager:GetSecretValue",
        lambda: aws.secrets.get_secret_value(SecretId=outputs.secret_arn)["SecretString"],
    )
    secret = None if isinstance(told, Unknown) else told
    return list(health_check.call(outputs.website_url, count=count, secret=secret))


def _template(aws: Aws, stack: str) -> Template:
    told = required(
        f"the template of {stack}",
        known(
            "cloudformation:GetTemplate",
            lambda: aws.cloudformation.get_template(StackName=stack, TemplateStage="Original"),
        ),
    )
    body: Any = told["TemplateBody"]  # parsed already, by boto3, where it is JSON
    template: Template = json.loads(body) if isinstance(body, str) else body
    return template
