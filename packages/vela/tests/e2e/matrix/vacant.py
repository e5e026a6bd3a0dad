"""States of an account to which nothing is deployed."""

from e2e.accounts import DOMAIN
from e2e.matrix import callers, domains, names, stacks
from e2e.matrix.state import Ending, Set, State, all_of, as_it_is, blocked, impossible, state

STUCK = {
    "REVIEW_IN_PROGRESS": ("stack-review-in-progress", "RemoveEmptyStack"),
    "ROLLBACK_COMPLETE": ("stack-rollback-complete", "RemoveEmptyStack"),
    "ROLLBACK_FAILED": ("stack-rollback-failed", "DestroyStack"),
    "CREATE_FAILED": ("stack-create-failed", "DestroyStack"),
    "DELETE_FAILED": ("stack-delete-failed", "DestroyStack"),
}


def stuck(stack: str, status: str) -> State:
    finding, first = STUCK[status]
    return state(f"{stack} is in {status}", stacks.stack(stack, status), finding, first=(first,))


def no_certificate(name: str, set_: Set, *finds: str, says: str) -> State:
    found = (*finds, "dns-without-record")
    return state(name, set_, *found, deploy=blocked(says))


NAMES = (
    state("nothing is there", as_it_is),
    state("a bucket is left", names.bucket(), "name-orphaned"),
    state(
        "a bucket is left with objects, and public",
        names.bucket(*names.KEYS, public=True),
        "name-orphaned",
    ),
    state(
        "another account has the bucket",
        names.bucket_of_another,
        "bucket-of-other-account",
        deploy=blocked("belongs to another account"),
    ),
    state(
        "the bucket is in another Region",
        names.bucket_elsewhere,
        "bucket-in-other-region",
        deploy=blocked("is in eu-west-1"),
    ),
    state(
        "another stack has the bucket",
        names.other_stacks_bucket,
        "name-owned",
        deploy=blocked("belongs to the stack Older"),
    ),
    state(
        "a table is left",
        names.table,
        "name-unadoptable",
        deploy=blocked("table vela-profiles exists"),
    ),
    state("a protected table of production is left", names.table_of_production, "name-orphaned"),
    state(
        "another stack has a table",
        names.other_stacks_table,
        "name-owned",
        deploy=blocked("belongs to the stack Older"),
    ),
    state(
        "a function is left",
        names.function,
        "name-unadoptable",
        deploy=blocked("function vela-api exists"),
    ),
    state(
        "a cluster is left",
        names.cluster(Project="vela"),
        "cluster-orphaned",
        destroy=Ending(code="E507", says=":cluster/"),
    ),
    state(
        "no more clusters",
        names.cluster(limit=1),
        "cluster-quota-full",
        deploy=blocked("limit is 1"),
    ),
)

STACKS = (
    *(
        stuck(stack, status)
        for stack in ("DatabaseStack", "VelaStack")
        for status in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
    ),
    *(
        stuck("ApiStack", status)
        for status in ("ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
    ),
    stuck("VelaStack", "ROLLBACK_FAILED"),
    stuck("DatabaseStack", "DELETE_FAILED"),
    state(
        "ApiStack is in CREATE_IN_PROGRESS",
        stacks.busy("ApiStack", "CREATE_IN_PROGRESS", ends="ROLLBACK_COMPLETE"),
        "stack-busy",
        first=("AwaitStack",),
    ),
    state("CDK's stack and its bucket are gone", stacks.never_bootstrapped, "bootstrap-absent"),
    state(
        "CDK's stack is gone, its bucket is not",
        stacks.bootstrap_deleted,
        "bootstrap-absent",
        deploy=Ending(code="E500", says="has outlived the bootstrap stack"),
    ),
    state("CDK's stack is old", stacks.old_bootstrap, "bootstrap-too-old"),
)

DOMAINS = (
    no_certificate(
        "the domain's certificate does not exist",
        domains.unknown_certificate("us-east-1"),
        "certificate-absent",
        says="there is no certificate",
    ),
    state(
        "the domain's certificate is of another Region",
        domains.unknown_certificate("eu-west-1"),
        *("certificate-in-other-region", "dns-without-record", "plan-unknown"),
        deploy=impossible("eu-west-1"),
        destroy=impossible("eu-west-1"),
    ),
    no_certificate(
        "the domain's certificate is not issued",
        domains.certificate_with(status="PENDING_VALIDATION"),
        "certificate-not-issued",
        says="PENDING_VALIDATION",
    ),
    no_certificate(
        "the domain's certificate has ended",
        domains.certificate_with(not_after=domains.LONG_AGO),
        "certificate-expired",
        says="has expired",
    ),
    no_certificate(
        "the domain's certificate is for another name",
        domains.of_another_name,
        "certificate-wrong-name",
        says="covers example.org",
    ),
    state("the domain has no record", domains.certified, "dns-without-record"),
    state(
        "the domain leads to another distribution",
        domains.dns(DOMAIN, "CNAME", domains.OTHER),
        "dns-leads-to-other-distribution",
    ),
    state(
        "a wildcard leads the domain to another distribution",
        domains.dns("*.example.com", "CNAME", domains.OTHER),
        "dns-wildcard-leads-to-other-distribution",
    ),
    state(
        "the domain leads to a server of one's own",
        domains.dns(DOMAIN, "A", "192.0.2.1"),
        "dns-leads-elsewhere",
    ),
    state(
        "another account's distribution has the domain",
        domains.stranger,
        "dns-without-record",
        deploy=Ending(code="E506", says=f"has {DOMAIN}"),
    ),
)

CALLERS = (
    state("s3:ListBucket is denied", callers.denied("s3:ListBucket")),
    state("dynamodb:ListTables is denied", callers.denied("dynamodb:ListTables"), "fact-denied"),
    state("ssm:GetParameter is denied", callers.denied("ssm:GetParameter")),
    state(
        "the bootstrap's roles may not be assumed",
        callers.denied("sts:AssumeRole"),
        "roles-not-assumable",
        deploy=blocked("may not assume"),
    ),
    state(
        "who may not bootstrap comes to an account that is not",
        all_of(
            stacks.never_bootstrapped,
            callers.denied("cloudformation:CreateChangeSet", "iam:CreateRole"),
        ),
        *("bootstrap-absent", "permissions-missing"),
        deploy=Ending(code="E500", says="cloudformation:CreateChangeSet is not allowed"),
    ),
    state(
        "the session ends in the middle",
        callers.ends_during("ApiStack"),
        deploy=Ending(code="E500", says="the AWS credentials have expired"),
    ),
)

TRAPS = (
    state(
        "a bucket is left, and VelaStack is in ROLLBACK_COMPLETE",
        all_of(names.bucket(*names.KEYS), stacks.stack("VelaStack", "ROLLBACK_COMPLETE")),
        *("name-orphaned", "stack-rollback-complete"),
        first=("RemoveEmptyStack",),
    ),
    state(
        "a bucket is left, DatabaseStack is in review, and ApiStack is half deleted",
        all_of(
            names.bucket(*names.KEYS),
            stacks.stack("DatabaseStack", "REVIEW_IN_PROGRESS"),
            stacks.stack("ApiStack", "DELETE_FAILED"),
        ),
        *("name-orphaned", "stack-review-in-progress", "stack-delete-failed"),
        first=("DestroyStack", "RemoveEmptyStack"),
    ),
    state(
        "another account has the bucket, a table is left, and there are no more clusters",
        all_of(names.bucket_of_another, names.table, names.cluster(limit=1)),
        *("bucket-of-other-account", "name-unadoptable", "cluster-quota-full"),
        deploy=blocked("and 2 more: `vela doctor` shows all"),
    ),
    state(
        "a bucket is left, and a wildcard leads the domain to another distribution",
        all_of(names.bucket(*names.KEYS), domains.dns("*.example.com", "CNAME", domains.OTHER)),
        *("name-orphaned", "dns-wildcard-leads-to-other-distribution"),
    ),
)
