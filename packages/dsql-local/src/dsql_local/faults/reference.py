"""The page of `docs/reference` that tells what can be made to go wrong.

Law: the table of faults is written from the table the server arms them by.
"""

from typing import Final

from dsql_local.faults.named import FAULTS

HEAD: Final = """# Faults on demand

Tests of an application need its database to fail on cue. `dsql-local` fails deterministically, one cluster at a time: what is armed is met in the order it was armed in, as often as it was armed for, and by nobody else's cluster. Faults are gone when the server ends.

## From Python

```python
from dsql_local.fault_switch import FaultSwitch
from dsql_local.run import running

with running() as cluster:
    faults = FaultSwitch(cluster)
    faults.arm("lose_oc000", times=2)  # the next two commits lose
    faults.arm("delay", seconds=0.5)  # the next statement waits
    faults.armed()  # {"lose_oc000": 2, "delay": 1}
    faults.clear()
```

With the pytest plugin the fixture `dsql_faults` is such a switch, cleared after each test.

| Method | What it does |
|---|---|
| `arm(fault, times=1, seconds=0, at="commit")` | arms one of the faults below |
| `armed()` | tells what has not been met yet |
| `clear()` | disarms all, lets held jobs go, and wakes the cluster |
| `advance(seconds)` | lets time pass for the cluster: transactions grow old (300 s), connections end (60 minutes), ended jobs are forgotten (30 minutes), the connection rate recovers |
| `hold_jobs(held=True)` | keeps asynchronous work `processing`, indexes invalid, until let go |
| `put_to_sleep()` | makes the cluster `INACTIVE`: the next connection finds it waking up, the one after is let in |

## The faults

| Fault | What it does |
|---|---|
"""
TAIL: Final = """
A *commit* is a COMMIT that would succeed, or a statement that writes or defines something outside a transaction block. A transaction that loses is rolled back. The two that make it lose are met only by one that changed or locked something, through a function too, or that defined something; one that only reads, changed no row, or breaks a deferred constraint leaves them armed. Armed with `at="statement"`, `lose_oc001` befalls the next statement that reads, writes or defines, in a `READ ONLY` transaction too.

After `drop_after_commit` the transaction is durable and the client does not know: the case an application has to check before it tries again.

## By HTTP

The control endpoint's address and secret are in the server's ready file; every request carries `Authorization: Bearer <secret>`.

| Request | Body | Answer |
|---|---|---|
| `POST /clusters/{id}/faults` | `{"fault": name, "times": 1, "seconds": 0, "at": "commit"}` | what is armed |
| `GET /clusters/{id}/faults` | | `{"armed": {name: times}}` |
| `DELETE /clusters/{id}/faults` | | |
| `POST /clusters/{id}/clock` | `{"advance_s": seconds}` | `{"ahead_s": seconds}` |
| `PUT /clusters/{id}/jobs` | `{"held": bool, "delay_s": seconds}`; without it a job waits 0.25 s | both, as they are now |
| `PUT /clusters/{id}/status` | `{"status": "INACTIVE"}` | the cluster |

To let a credential expire for good rather than a token once, replace it: `PUT /credentials/{access key id}` with an `expires_at` in the past.
"""


def reference() -> str:
    """Write the page."""
    rows = [f"| `{name}` | {fault.does} |\n" for name, fault in FAULTS.items()]
    return HEAD + "".join(rows) + TAIL
