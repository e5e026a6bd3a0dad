"""Every check, once where it must find and once where it must not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from unit.ops.healthy import (
    CERTIFICATE,
    CLUSTER,
    DNS,
    DOMAIN,
    FRONT,
    HEALTHY,
    HELD_BUCKET,
    HELD_TABLE,
    NOW,
    OTHER,
    OURS,
    PLANNED,
    STACKS,
    unknown,
)

from vela.ops.checks.stacks import STUCK
from vela.ops.checks.table import CHECKS, preflight
from vela.ops.facts.aliases import Aliases, Conflict, DistributionFact
from vela.ops.facts.bootstrap import Bootstrap
from vela.ops.facts.clusters import Clusters, Protection, Quota
from vela.ops.facts.dns import Answer, LeadsTo
from vela.ops.facts.drift import DriftedResource, StackDrift
from vela.ops.facts.facts import Facts
from vela.ops.facts.identity import CredentialsError, Identity
from vela.ops.facts.permissions import Permissions
from vela.ops.facts.region import Region
from vela.ops.facts.retained import Holding, Kind
from vela.ops.facts.stacks import ResourceFact
from vela.ops.facts.unknown import Cause
from vela.ops.findings import Severity, exit_code

ORPHANED_BUCKET = replace(HELD_BUCKET, state=Holding.ORPHANED, owner=None, objects=3)
HOLDER = DistributionFact(id="E2", domain_name=OTHER, aliases=(DOMAIN,))
ELSEWHERE = replace(
    DNS,
    leads_to=LeadsTo.OTHER_DISTRIBUTION,
    distribution=OTHER,
    answer=Answer(name=DOMAIN, chain=(OTHER,)),
)
WILDCARD = replace(ELSEWHERE, sibling=Answer(name="vela-0.example.com", chain=(OTHER,)))


def machine(**changes: Any) -> dict[str, Any]:
    return {"machine": replace(HEALTHY.machine, **changes)}


def nobody(error: CredentialsError) -> dict[str, Any]:
    return {"identity": Identity(account=None, error=error, detail="it said no")}


def one_stack(**changes: Any) -> dict[str, Any]:
    return {"stacks": {**STACKS, "ApiStack": replace(STACKS["ApiStack"], **changes)}}


def certificate(**changes: Any) -> dict[str, Any]:
    return {"certificate": replace(CERTIFICATE, **changes)}


def aliases(**changes: Any) -> dict[str, Any]:
    assert isinstance(HEALTHY.aliases, Aliases)
    return {"aliases": replace(HEALTHY.aliases, **changes)}


def website(name: str, *, wanted: str | None, said: bool) -> dict[str, Any]:
    """The website has *name*, and *wanted* is planned, *said* by somebody or not."""
    outputs = {"WebsiteURL": f"https://{name}", "CloudFrontDomain": OURS}
    told = frozenset({"domain"} if said else ())
    return {
        "stacks": {**STACKS, "VelaStack": replace(STACKS["VelaStack"], outputs=outputs)},
        "planned": replace(PLANNED, domain=wanted, said=told),
    }


#: What is wrong, by the check that must find it.
WRONG: Mapping[str, dict[str, Any]] = {
    "python-too-old": machine(python=(3, 10, 4)),
    "node-absent": machine(node=None),
    "node-too-old": machine(node=(18, 20, 1)),
    "node-ended": machine(node=(20, 20, 2)),
    "cdk-absent": machine(cdk=None),
    "cdk-schema-unread": machine(schema_written=56),
    "credentials-absent": nobody(CredentialsError.ABSENT),
    "credentials-expired": nobody(CredentialsError.EXPIRED),
    "credentials-denied": nobody(CredentialsError.DENIED),
    "credentials-unasked": nobody(CredentialsError.UNREACHABLE),
    "account-unexpected": {"identity": replace(HEALTHY.identity, expected="210987654321")},
    "credentials-expiring": {
        "identity": replace(HEALTHY.identity, expires=NOW + timedelta(minutes=5))
    },
    "region-without-dsql": {"region": Region(name="us-east-1", dsql=False)},
    "region-differs": {"region": Region(name="us-east-1", configured="eu-west-1", dsql=True)},
    "bootstrap-absent": {"bootstrap": Bootstrap(version=None)},
    "bootstrap-too-old": {"bootstrap": Bootstrap(version=29)},
    **{
        f"stack-{row.status.lower().replace('_', '-')}": one_stack(status=row.status)
        for row in STUCK
    },
    "stack-busy": one_stack(status="UPDATE_IN_PROGRESS"),
    "name-orphaned": {"retained": (ORPHANED_BUCKET,)},
    "name-unadoptable": {
        "retained": (replace(HELD_TABLE, state=Holding.ORPHANED, owner=None, adoptable=False),)
    },
    "name-owned": {"retained": (replace(HELD_TABLE, owner="AnotherStack"),)},
    "bucket-in-other-region": {
        "retained": (replace(HELD_BUCKET, state=Holding.OTHER_REGION, region="eu-west-1"),)
    },
    "bucket-of-other-account": {"retained": (replace(HELD_BUCKET, state=Holding.OTHER_ACCOUNT),)},
    "name-changed": {
        "retained": (replace(HELD_TABLE, name="vela-people", state=Holding.ABSENT, owner=None),)
    },
    "name-forgotten": website(DOMAIN, wanted=None, said=False),
    "name-leaves": website("old.example.com", wanted=DOMAIN, said=True),
    "certificate-in-other-region": certificate(
        arn="arn:aws:acm:eu-west-1:123456789012:certificate/0a1b", status=None, names=()
    ),
    "certificate-absent": certificate(status=None, names=()),
    "certificate-not-issued": certificate(status="PENDING_VALIDATION"),
    "certificate-wrong-name": certificate(names=("example.com",)),
    "certificate-expired": certificate(status="EXPIRED", expires=NOW - timedelta(days=1)),
    "certificate-expiring": certificate(expires=NOW + timedelta(days=10)),
    "alias-on-other-distribution": aliases(distributions=(replace(FRONT, aliases=()), HOLDER)),
    "alias-in-conflict": aliases(
        conflicts=(Conflict(domain=DOMAIN, resource="******E9", account="******3333"),)
    ),
    "dns-leads-to-other-distribution": {"dns": ELSEWHERE},
    "dns-wildcard-leads-to-other-distribution": {"dns": WILDCARD},
    "dns-leads-elsewhere": {
        "dns": replace(
            DNS,
            leads_to=LeadsTo.ELSEWHERE,
            distribution=None,
            answer=Answer(name=DOMAIN, addresses=("192.0.2.7",)),
        )
    },
    "dns-without-record": {
        "dns": replace(DNS, leads_to=LeadsTo.NOWHERE, distribution=None, answer=Answer(name=DOMAIN))
    },
    "cluster-quota-full": {
        "clusters": Clusters(all=()),
        "quota": Quota(used=20, limit=20),
    },
    "cluster-orphaned": {
        "clusters": Clusters(all=(CLUSTER, replace(CLUSTER, identifier="bbbb")), ours="aaaa")
    },
    "cluster-missing": {"clusters": Clusters(all=(), ours="aaaa")},
    "cluster-unavailable": {
        "clusters": Clusters(all=(replace(CLUSTER, status="FAILED"),), ours="aaaa")
    },
    "protection-lifted": {
        "protection": Protection(now=True, planned=False),
        "planned": replace(PLANNED, said=PLANNED.said | {"stage"}),
    },
    "protection-forgotten": {"protection": Protection(now=True, planned=False)},
    "stack-drifted": {
        "drift": {
            "VelaStack": StackDrift(
                stack="VelaStack",
                status="DRIFTED",
                resources=(
                    DriftedResource(
                        logical_id="Bucket",
                        type="AWS::S3::Bucket",
                        status="MODIFIED",
                        properties=("/PublicAccessBlockConfiguration",),
                    ),
                ),
            )
        }
    },
    "roles-not-assumable": {
        "permissions": Permissions(asked=3, unassumable=("arn:aws:iam::123456789012:role/cdk-x",))
    },
    "permissions-missing": {
        "permissions": Permissions(asked=3, missing=("s3:CreateBucket (you)",))
    },
    "plan-unknown": {"planned": unknown(Cause.OTHER)},
    "fact-no-credentials": {"drift": unknown(Cause.NO_CREDENTIALS)},
    "fact-denied": {"retained": (replace(HELD_BUCKET, state=unknown(Cause.DENIED)),)},
    "fact-throttled": {"stacks": unknown(Cause.THROTTLED)},
    "fact-unreachable": {"dns": unknown(Cause.UNREACHABLE)},
    "fact-unsupported": aliases(conflicts=unknown(Cause.UNSUPPORTED)),
    "fact-other": {"permissions": unknown(Cause.OTHER)},
}


def test_a_name_may_stay_go_when_that_is_said_and_come_anew():
    stays = facts(**website(DOMAIN, wanted=DOMAIN, said=True))
    goes = facts(**website(DOMAIN, wanted=None, said=True))
    new = facts(**website(OURS, wanted=DOMAIN, said=True))
    unnamed = facts(**website(OURS, wanted=None, said=False))

    assert [ids(found) for found in (stays, goes, new, unnamed)] == [[], ["name-leaves"], [], []]


def facts(**changes: Any) -> Facts:
    return replace(HEALTHY, **changes)


def ids(found: Facts) -> list[str]:
    return [finding.id for finding in preflight(found)]


def test_a_healthy_account_has_no_finding():
    assert preflight(HEALTHY) == ()


def test_every_check_has_a_case_here_and_every_case_a_check():
    assert [check.id for check in CHECKS] == list(dict.fromkeys(check.id for check in CHECKS))
    assert {check.id for check in CHECKS} == set(WRONG)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_finds_what_it_is_for_and_nothing_else_does(check):
    findings = preflight(facts(**WRONG[check.id]))

    assert [finding.id for finding in findings] == [check.id]
    assert findings[0].severity is check.severity


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_finding_is_three_texts_without_a_full_stop(check):
    for finding in check.findings(facts(**WRONG[check.id])):
        for text in (finding.what, finding.why, finding.fix):
            assert text
            assert text == text.strip()
            assert not text.endswith(".")
            assert "\n" not in text


def test_all_is_found_at_once_the_gravest_first():
    everything = facts(
        **machine(node=(20, 1, 0)),
        **WRONG["name-orphaned"],
        **WRONG["stack-delete-failed"],
        **WRONG["region-differs"],
    )

    found = preflight(everything)

    assert [finding.id for finding in found] == [
        "stack-delete-failed",
        "node-ended",
        "name-orphaned",
        "region-differs",
    ]
    assert exit_code(found) == 2


@pytest.mark.parametrize(
    ("ids_", "code"),
    [([], 0), (["region-differs"], 0), (["node-ended"], 1), (["node-ended", "node-absent"], 2)],
)
def test_the_exit_code_is_that_of_the_gravest(ids_, code):
    found = [f for id_ in ids_ for f in preflight(facts(**WRONG[id_]))]

    assert exit_code(found) == code


def test_without_credentials_one_finding_stands_for_all_that_is_hidden():
    hidden = unknown(Cause.NO_CREDENTIALS)
    subjects = ("bootstrap", "stacks", "planned", "retained", "aliases", "dns", "clusters")

    found = facts(**nobody(CredentialsError.ABSENT), **dict.fromkeys(subjects, hidden))

    assert ids(found) == ["credentials-absent"]


def test_one_refusal_is_told_once_whatever_it_hides():
    refused = unknown(Cause.DENIED)

    found = preflight(facts(stacks=refused, retained=refused, drift=refused))

    assert [finding.id for finding in found] == ["fact-denied"]
    assert "`s3:ListAllMyBuckets`" in found[0].fix


def test_an_orphaned_bucket_tells_how_much_it_holds():
    (found,) = preflight(facts(retained=(ORPHANED_BUCKET,)))

    assert "(3 objects)" in found.what
    assert found.severity is Severity.WARNING


def test_only_a_table_is_said_to_be_adopted_by_production():
    table = replace(HELD_TABLE, state=Holding.ORPHANED, owner=None, adoptable=False)
    function = replace(table, kind=Kind.FUNCTION)

    of_table, of_function = preflight(facts(retained=(table, function)))

    assert "--stage production" in of_table.fix
    assert "--stage production" not in of_function.fix


def test_a_wildcard_alias_elsewhere_is_no_conflict_since_the_most_specific_wins():
    beside = Conflict(domain="*.example.com", resource="******E9", account="******3333")

    assert ids(facts(**aliases(conflicts=(beside,)))) == []


def test_a_stuck_stack_names_the_resources_that_failed():
    failed = ResourceFact("AWS::EC2::SecurityGroup", "sg-1", "DELETE_FAILED")

    (found,) = preflight(
        facts(**one_stack(status="DELETE_FAILED", resources={"ApiSecurityGroup": failed}))
    )

    assert "ApiSecurityGroup" in found.what


def test_a_busy_stack_tells_since_when():
    (found,) = preflight(facts(**WRONG["stack-busy"]))

    assert "since 12:00:00 UTC" in found.what


@pytest.mark.parametrize("version", [(22, 1, 0), (24, 0, 0)])
def test_a_supported_node_is_no_finding(version):
    assert ids(facts(**machine(node=version))) == []


def test_severities_are_exit_codes():
    assert [int(severity) for severity in Severity] == [0, 1, 2]
