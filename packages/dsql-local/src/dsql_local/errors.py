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
        return f"{self.what.removesuffix('.')}. {self.fix}" if self.fix else self.what


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


class PostgresMissing(DsqlLocalError):
    """The PostgreSQL programs are not where their package puts them."""

    code = "L420"


class PostgresFailed(DsqlLocalError):
    """A PostgreSQL program ended with an error."""

    code = "L421"


class AccountMissing(DsqlLocalError):
    """Started by root on a machine with no account to run PostgreSQL under."""

    code = "L422"


class ClusterCorrupt(DsqlLocalError):
    """The data of one cluster cannot be used."""

    code = "L423"


class DataDirectoryUnusable(DsqlLocalError):
    """The data directory, or a directory that goes with it, cannot be used."""

    code = "L424"


class AlreadyServing(DsqlLocalError):
    """Another process serves the same data directory."""

    code = "L425"


class PortInUse(DsqlLocalError):
    """Another process listens on the port asked for."""

    code = "L426"


class DiskFull(DsqlLocalError):
    """No space is left where the data is kept."""

    code = "L427"


class KeysCorrupt(DsqlLocalError):
    """The certificate authority's key or certificate cannot be read."""

    code = "L428"


class NotServing(DsqlLocalError):
    """No server is running where the command looked for one."""

    code = "L100"


class ProgramMissing(DsqlLocalError):
    """A program a command hands over to is not installed."""

    code = "L101"
    exit_code = 127


class RegistryMismatch(DsqlLocalError):
    """The data directory was made for another region or account."""

    code = "L412"
    exit_code = 2


class ClusterNotFound(DsqlLocalError):
    """No cluster has this identifier."""

    code = "L110"


class ClusterProtected(DsqlLocalError):
    """Deletion protection is on."""

    code = "L111"


class ClusterQuotaExceeded(DsqlLocalError):
    """The account has as many clusters as DSQL's quota allows."""

    code = "L112"


class ClientTokenReused(DsqlLocalError):
    """A client token came again with another request."""

    code = "L113"


class RulesMalformed(DsqlLocalError):
    """A row of the dialect's rule tables is not a rule."""

    code = "L300"


class StatementFailed(DsqlLocalError):
    """PostgreSQL refused a statement of the server's own."""

    code = "L429"

    def __init__(self, what: str, fix: str, sqlstate: str = "", message: str = "") -> None:
        super().__init__(what, fix)
        self.sqlstate = sqlstate
        self.message = message


class BaselineMissing(DsqlLocalError):
    """A cluster was to go back to a baseline nobody has set."""

    code = "L114"


class DriverMissing(DsqlLocalError):
    """A Python driver that is not installed with dsql-local is needed."""

    code = "L102"


class ControlFailed(DsqlLocalError):
    """The control endpoint refused a request."""

    code = "L103"


class StartFailed(DsqlLocalError):
    """A server that was to run for a while did not start."""

    code = "L104"
