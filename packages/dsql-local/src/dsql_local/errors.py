"""The one error hierarchy of the stand-in.

Law: an error says what happened and what to do next, and knows its code and its process exit
code. It is rendered once, at the edge. Anything that is not a `DsqlLocalError` is a bug and
keeps its traceback.

Codes are stable and never reused: ``L1xx`` what a user asked for, ``L2xx`` IAM documents,
``L4xx`` the machine and the data directory.
"""

from typing import ClassVar


class DsqlLocalError(Exception):
    """What happened, and what to do next."""

    code: ClassVar[str] = "L000"
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what, fix)  # args round-trip, so it pickles
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        """Join the two sentences as one line."""
        return f"{self.what}. {self.fix}" if self.fix else self.what


class PolicyMalformed(DsqlLocalError):
    """A policy document does not follow the IAM policy grammar."""

    code = "L200"
    exit_code = 2


class RegistryCorrupt(DsqlLocalError):
    """The registry file cannot be read, or belongs to another region, account or version."""

    code = "L410"
    exit_code = 2


class RegistryNotSaved(DsqlLocalError):
    """A change could not be made durable; it has not happened."""

    code = "L411"
