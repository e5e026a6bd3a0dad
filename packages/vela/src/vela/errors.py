"""The one error hierarchy.

Law: an error says what happened and what to do next, and knows its code, its process exit
code and its HTTP status. It is rendered once: by ``cli`` for a terminal, by ``api.handler`` for
HTTP. Anything that is not a `VelaError` is a bug and keeps its traceback.

Codes are stable and never reused: ``E1xx`` settings, ``E2xx`` the database, ``E3xx`` the request,
``E4xx`` the machine and its tools, ``E5xx`` a deployment.
"""

from typing import ClassVar


class VelaError(Exception):
    """What happened, and what to do next."""

    code: ClassVar[str] = "E000"
    exit_code: int = 1
    http_status: ClassVar[int] = 500

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what, fix)  # args round-trip, so it pickles
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        """Join the two sentences as one line."""
        return f"{self.what.rstrip('.')}. {self.fix}" if self.fix else self.what


class SettingsError(VelaError):
    """A setting is missing or malformed."""

    code = "E100"
    exit_code = 2


class DsqlError(VelaError):
    """Aurora DSQL did not answer as asked; the cause was not one of the known ones."""

    code = "E200"
    http_status = 503


class NameNotResolved(DsqlError):
    """The cluster's host name has no address here."""

    code = "E201"


class Unreachable(DsqlError):
    """No route to the endpoint, nothing listens there, or the connection timed out."""

    code = "E202"


class TlsFailed(DsqlError):
    """The server's certificate was not trusted, or no TLS session came about."""

    code = "E203"


class AccessDenied(DsqlError):
    """The endpoint refused the token; the cause is one of the four subclasses, or none is known."""

    code = "E210"


class TokenExpired(AccessDenied):
    """The token's time was over when the connection was opened."""

    code = "E211"


class WrongAction(AccessDenied):
    """The token was signed for the other action: ``DbConnect`` against ``DbConnectAdmin``."""

    code = "E212"


class NotAuthorized(AccessDenied):
    """No IAM policy allows the action on this cluster."""

    code = "E213"


class RoleNotMapped(AccessDenied):
    """IAM allowed it, but no ``AWS IAM GRANT`` maps the IAM role to the database role."""

    code = "E214"


class WakingUp(DsqlError):
    """The cluster was inactive and is being woken by this attempt."""

    code = "E220"


class TooManyConnections(DsqlError):
    """The cluster has as many connections as its quota allows."""

    code = "E221"


class ConnectionRateExceeded(DsqlError):
    """New connections came faster than the quota allows."""

    code = "E222"


class DeadlineExceeded(DsqlError):
    """The client's own deadline passed before the answer came."""

    code = "E223"


class PoolExhausted(DsqlError):
    """Every connection of the pool stayed in use until the caller's deadline."""

    code = "E224"


class ConnectionLost(DsqlError):
    """An open connection broke; nothing had been committed by it."""

    code = "E225"


class Conflict(DsqlError):
    """The transaction lost to another one (SQLSTATE 40001) as often as retries are allowed."""

    code = "E230"
    http_status = 409
    attempts: int = 1


class OutcomeUnknown(DsqlError):
    """The connection was lost at COMMIT: the transaction may or may not have happened."""

    code = "E231"


class RequestError(VelaError):
    """The event is not an HTTP request this API can read."""

    code = "E300"
    http_status = 400


class RouteNotFound(RequestError):
    """No route has this path."""

    code = "E301"
    http_status = 404


class MethodNotAllowed(RequestError):
    """The path exists, but not for this method."""

    code = "E302"
    http_status = 405


class SecretUnreadable(VelaError):
    """Secrets Manager did not give the internal secret."""

    code = "E310"
    http_status = 503


class MachineError(VelaError):
    """This machine lacks something, or something on it stands in the way."""

    code = "E400"
    exit_code = 2


class ToolMissing(MachineError):
    """A program Vela needs is absent or of the wrong version."""

    code = "E401"


class PortInUse(MachineError):
    """Another process listens on a port Vela needs."""

    code = "E402"


class StateCorrupt(MachineError):
    """Data kept on this machine cannot be read."""

    code = "E403"


class AlreadyRunning(MachineError):
    """Another command holds the lock on this machine's local cloud."""

    code = "E404"


class DiskFull(MachineError):
    """No space is left where Vela keeps its data."""

    code = "E405"


class ProcessFailed(MachineError):
    """A process Vela started ended, or never became ready."""

    code = "E406"


class Interrupted(MachineError):
    """The user pressed Ctrl-C; everything started was stopped again."""

    code = "E407"
    exit_code = 130


class PathUnusable(MachineError):
    """A path where Vela is to keep something cannot be read or written."""

    code = "E408"


class DeployFailed(VelaError):
    """CDK or CloudFormation refused or rolled back."""

    code = "E500"


class Unhealthy(VelaError):
    """The deployed platform answered its health-check too seldom."""

    code = "E501"


class Blocked(VelaError):
    """Something found beforehand would make the command fail or do harm; nothing was changed."""

    code = "E502"
    exit_code = 2


class PlanImpossible(VelaError):
    """What a plan cannot do without is not known."""

    code = "E503"
    exit_code = 2


class NotConfirmed(VelaError):
    """Data would be lost, and nobody has said that they may be."""

    code = "E504"
    exit_code = 2


class StackBusy(VelaError):
    """Somebody else is changing a stack."""

    code = "E505"


class DomainHeld(VelaError):
    """Another CloudFront distribution has the domain, or DNS does not lead here yet."""

    code = "E506"


class LeftBehind(VelaError):
    """Something is left that was to be gone."""

    code = "E507"


class NothingBefore(VelaError):
    """There is no earlier assembly to go back to."""

    code = "E508"


class VerificationFailed(VelaError):
    """What is deployed does not work as it is to."""

    code = "E509"


class AccountUnusable(VelaError):
    """AWS, or the local cloud in its place, could not be asked or refused to answer."""

    code = "E520"


class AnswerUndelivered(VelaError):
    """CloudFormation's response URL did not take a custom resource's answer."""

    code = "E510"


class NotDeployed(VelaError):
    """What the command is about is not there."""

    code = "E511"
    exit_code = 2
