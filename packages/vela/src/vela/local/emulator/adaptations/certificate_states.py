"""Gap: a certificate that is not good, or not yet.

The emulator issues every certificate at once, as ACM does some minutes after a name's validation
record is in its Route 53 zone. Route: ``PUT /certificates/{arn}`` gives one another ``status`` or
``not_after`` (seconds since the epoch):
https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html
"""

from datetime import UTC, datetime

from ministack.services import acm

from . import durable_state
from .cloud import Cloud
from .local_control import Document, LocalControl, NotThere
from .replacement import expected

STATUSES = frozenset(
    {
        *("PENDING_VALIDATION", "ISSUED", "INACTIVE", "EXPIRED", "VALIDATION_TIMED_OUT"),
        *("REVOKED", "FAILED"),
    }
)


def apply(_cloud: Cloud, control: LocalControl) -> None:
    """Register the route."""
    expected(acm, "_certificates")
    control.add("PUT", "/certificates/{arn}", put)


def put(arn: str, document: Document) -> Document:
    """Change what DescribeCertificate says of the certificate."""
    certificate = acm._certificates.get(arn)
    if certificate is None:
        raise NotThere(f"there is no certificate {arn} in this Region")
    status = document.get("status", certificate["Status"])
    if status not in STATUSES:
        raise ValueError(f"no status is called {status}")
    certificate["Status"] = status
    if "not_after" in document:
        until = datetime.fromtimestamp(document["not_after"], UTC)
        certificate["NotAfter"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    durable_state.save_services("acm")
    return {"status": status, "not_after": certificate.get("NotAfter")}
