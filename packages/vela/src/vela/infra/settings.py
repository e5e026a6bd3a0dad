"""What the stacks are told from outside.

Law: parsed once, by ``app``, from the CDK context and the environment; every construct may trust the
result. Synthesis asks nobody else: no AWS call, no git, no clock.

CDK context, each by ``--context name=value``:

``stage``        ``development`` (default) or ``production``: whether data outlive their stacks.
``domain``       a host name of your own for the website; needs ``certificate``.
``certificate``  ARN of an issued ACM certificate of us-east-1. Without ``domain`` it is attached and
                 no name is claimed: the step before a name moves here from another distribution.
``hostedZone``   the Route 53 zone of ``domain``, where its records are then made.
``attachAlias``  ``true`` (default) or ``false``: whether the distribution claims ``domain``. Deployed
                 first with ``false`` where another distribution has the name or DNS leads to one.
``adoptBucket``  ``false`` (default) or ``true``: whether the website's bucket is told by its name alone,
                 so that an existing one is taken in as it is; the next deployment sets it up.
``zones``        the two availability zones, ``us-east-1a,us-east-1b`` unless your account's DSQL
                 endpoint service is offered in others.

Environment:

``CDK_DEFAULT_ACCOUNT``  the account; the CDK CLI sets it from your credentials.
``VELA_LAMBDA_TARGET``   ``lambda`` (default) or ``host``: for what the function's asset is built.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from vela.errors import SettingsError

REGION = "us-east-1"
ZONES = (f"{REGION}a", f"{REGION}b")

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ZONE = re.compile(rf"{REGION}[a-z]")
_ZONE_ID = re.compile(r"Z[0-9A-Z]{1,31}", re.ASCII)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+[a-z]{{2,63}}")
_CERTIFICATE = re.compile(rf"arn:aws:acm:{REGION}:\d{{12}}:certificate/[0-9A-Za-z-]+", re.ASCII)


Choice = TypeVar("Choice", bound=StrEnum)


class Stage(StrEnum):
    """Whether data outlive their stacks."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Claim(StrEnum):
    """Whether the distribution claims the domain; the words are the CDK context's own."""

    NOW = "true"
    LATER = "false"


class LambdaTarget(StrEnum):
    """Where the functions' asset will run."""

    LAMBDA = "lambda"
    HOST = "host"

    @classmethod
    def parse(cls, env: Mapping[str, str]) -> "LambdaTarget":
        """Read it alone: the CDK app asks before it has a context."""
        return _choice(cls, "VELA_LAMBDA_TARGET", env.get("VELA_LAMBDA_TARGET"), cls.LAMBDA)


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraSettings:
    """One account's Vela."""

    account: str
    stage: Stage = Stage.DEVELOPMENT
    domain: str | None = None
    certificate: str | None = None
    hosted_zone: str | None = None
    claim: Claim = Claim.NOW
    adopts_bucket: bool = False
    zones: tuple[str, ...] = ZONES
    lambda_target: LambdaTarget = LambdaTarget.LAMBDA

    @property
    def keeps_data(self) -> bool:
        """Whether data must outlive their stacks."""
        return self.stage is Stage.PRODUCTION

    @property
    def alias(self) -> str | None:
        """The name the distribution claims in this deployment."""
        return self.domain if self.claim is Claim.NOW else None

    @classmethod
    def parse(cls, context: Mapping[str, object], env: Mapping[str, str]) -> "InfraSettings":
        """Read the CDK *context* and *env*, or say what is wrong with them."""
        certificate = _text(context, "certificate")
        domain = _domain(_text(context, "domain"), certificate)
        return cls(
            account=_account(env),
            stage=_choice(Stage, "stage", _text(context, "stage"), Stage.DEVELOPMENT),
            domain=domain,
            certificate=_certificate(certificate),
            hosted_zone=_hosted_zone(_text(context, "hostedZone"), domain),
            claim=_choice(Claim, "attachAlias", _text(context, "attachAlias"), Claim.NOW),
            adopts_bucket=_switch(context, "adoptBucket"),
            zones=_zones(_text(context, "zones")),
            lambda_target=LambdaTarget.parse(env),
        )


def host_name(text: str | None) -> str | None:
    """Give *text* if a website can be called so: what cannot is looked for nowhere."""
    return text if text and _DOMAIN.fullmatch(text) else None


def _account(env: Mapping[str, str]) -> str:
    # The bucket's name must be a literal in the template, else CloudFormation can never adopt it.
    if not (account := env.get("CDK_DEFAULT_ACCOUNT", "")):
        raise SettingsError(
            "the AWS account is not known",
            "Sign in (`aws sts get-caller-identity` must answer), or set CDK_DEFAULT_ACCOUNT",
        )
    if not _ACCOUNT.fullmatch(account):
        raise SettingsError(
            f"CDK_DEFAULT_ACCOUNT is {account!r}, which is no AWS account", "Give its twelve digits"
        )
    return account


def _choice(kind: type[Choice], name: str, given: str | None, default: Choice) -> Choice:
    if not given:
        return default
    try:
        return kind(given)
    except ValueError:
        known = " or ".join(member.value for member in kind)
        raise SettingsError(f"{name} is {given!r}", f"Set it to {known}") from None


def _domain(domain: str | None, certificate: str | None) -> str | None:
    if domain is None:
        return None
    if not _DOMAIN.fullmatch(domain):
        raise SettingsError(
            f"domain is {domain!r}, which is no host name",
            "Give the name alone, in lower case: www.example.com",
        )
    if certificate is None:
        raise SettingsError(
            f"domain is {domain!r}, but no certificate is given",
            f"Add --context certificate=<ARN of an ACM certificate of {REGION} that covers it>",
        )
    return domain


def _certificate(arn: str | None) -> str | None:
    if arn is not None and not _CERTIFICATE.fullmatch(arn):
        raise SettingsError(
            f"certificate is {arn!r}, which is no ARN of an ACM certificate of {REGION}",
            f"CloudFront takes certificates of {REGION} only: "
            f"arn:aws:acm:{REGION}:<account>:certificate/<id>",
        )
    return arn


def _switch(context: Mapping[str, object], name: str) -> bool:
    given = _text(context, name) or "false"
    if given not in {"true", "false"}:
        raise SettingsError(f"{name} is {given!r}", "Set it to true or false")
    return given == "true"


def _hosted_zone(zone: str | None, domain: str | None) -> str | None:
    if zone is None:
        return None
    if not _ZONE_ID.fullmatch(zone):
        raise SettingsError(
            f"hostedZone is {zone!r}, which is no id of a Route 53 hosted zone",
            "Give it as `aws route53 list-hosted-zones` does, without /hostedzone/: Z0123456789ABC",
        )
    if domain is None:
        raise SettingsError(
            f"hostedZone is {zone!r}, but no domain is given",
            "Add --context domain=<the name the records are made for>",
        )
    return zone


def _zones(given: str | None) -> tuple[str, ...]:
    if given is None:
        return ZONES
    zones = tuple(zone.strip() for zone in given.split(","))
    two = len(ZONES)
    if len(zones) != two or len(set(zones)) != two or not all(map(_ZONE.fullmatch, zones)):
        raise SettingsError(
            f"zones is {given!r}", f"Name two zones of {REGION}, as in {','.join(ZONES)}"
        )
    return zones


def _text(context: Mapping[str, object], name: str) -> str | None:
    """Take one value of the context; an empty one is none, so that scripts may pass it through."""
    value = context.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise SettingsError(f"{name} is {value!r} in the CDK context", "Give a text")
    return value
