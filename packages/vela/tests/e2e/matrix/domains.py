"""A domain of one's own: its certificate, its DNS, and who else has it.

One certificate serves all states of an account: another ARN would be another assembly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Event

from e2e.accounts import DOMAIN, Account, quoted
from e2e.matrix.names import STRANGER
from e2e.matrix.state import Set, Told

OTHER = "d999999abcdef8.cloudfront.net"
#: Seconds since the epoch.
LONG_AGO, FAR = 1, 4102444800


@cache
def certificate(account: Account, name: str) -> str:
    arn = account.client("acm").request_certificate(DomainName=name, ValidationMethod="DNS")
    return str(arn["CertificateArn"])


def told(account: Account, *, name: str = DOMAIN) -> Told:
    arn = certificate(account, name)
    return Told(context={"domain": DOMAIN, "certificate": arn}, meanwhile=record)


def record(account: Account, over: Event) -> None:
    """Do what a person is asked for: make the record as soon as its target is known."""
    while not over.wait(0.2):
        if front := account.output("VelaStack", "CloudFrontDomain"):
            document = {"type": "CNAME", "values": [front]}
            account.switch("PUT", f"/dns/{DOMAIN}", document)
            return


@contextmanager
def certified(account: Account) -> Iterator[Told]:
    """The name has a good certificate; what was made of its DNS goes with the state."""
    try:
        yield told(account)
    finally:
        if account.switch("GET", f"/dns/{DOMAIN}")["answers"]:
            account.switch("DELETE", f"/dns/{DOMAIN}")


def certificate_with(**changes: object) -> Set:
    @contextmanager
    def set_(account: Account) -> Iterator[Told]:
        with certified(account) as said:
            path = f"/certificates/{quoted(said.context['certificate'])}"
            account.switch("PUT", path, changes)
            yield said
            account.switch("PUT", path, {"status": "ISSUED", "not_after": FAR})

    return set_


@contextmanager
def of_another_name(account: Account) -> Iterator[Told]:
    yield told(account, name="example.org")


def unknown_certificate(region: str) -> Set:
    @contextmanager
    def set_(account: Account) -> Iterator[Told]:
        arn = f"arn:aws:acm:{region}:{account.running.account_id}:certificate/0a1b"
        yield Told(context={"domain": DOMAIN, "certificate": arn})

    return set_


def dns(name: str, kind: str, *values: str) -> Set:
    @contextmanager
    def set_(account: Account) -> Iterator[Told]:
        with certified(account) as said:
            account.switch("PUT", f"/dns/{name}", {"type": kind, "values": list(values)})
            yield said
            if name != DOMAIN:
                account.switch("DELETE", f"/dns/{name}")

    return set_


@contextmanager
def stranger(account: Account) -> Iterator[Told]:
    document = {"account": STRANGER, "distribution": "E1STRANGER0001"}
    with certified(account) as said, account.switched(f"/aliases/{DOMAIN}", document):
        yield said
