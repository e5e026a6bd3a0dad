"""Reports for the tests of this folder."""

from dataclasses import replace
from datetime import UTC, datetime

from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.health import Answer, summarise
from vela.ops.verify.report import Check, Report, Sample, Status, Subject

TIMES = [48.2, *(2.1 + (n * 7 % 23) / 10 for n in range(98)), 12.7]


def check(id_: str, status: Status = Status.PASSED, *evidence: str) -> Check:
    return Check(id=id_, title=f"The {id_}", status=status, seen="seen", evidence=evidence)


def unseen(id_: str, *, cause: Cause) -> Check:
    why = Unknown(reason="it said no", action="some:Action", cause=cause)
    return Subject(id_, f"The {id_}").unknown(why)


def report(*checks: Check, failed: int = 0) -> Report:
    answers = [
        Answer(status=200, elapsed_ms=ms, body={"status": "ok"})
        if n >= failed
        else Answer(status=503, elapsed_ms=ms, body={"status": "error", "message": "<no> route"})
        for n, ms in enumerate(TIMES)
    ]
    return Report(
        target="aws",
        account="123456789012",
        region="us-east-1",
        at=datetime(2026, 11, 22, 13, 0, tzinfo=UTC),
        website="https://www.example.com",
        checks=checks or (check("cluster"), check("page")),
        health=summarise("https://www.example.com", answers, detailed=True),
        samples=tuple(Sample(elapsed_ms=a.elapsed_ms, ok=a.ok) for a in answers),
    )


def with_times(*times: float) -> Report:
    return replace(report(), samples=tuple(Sample(elapsed_ms=ms, ok=True) for ms in times))
