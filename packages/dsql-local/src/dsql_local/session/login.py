"""From the first byte inside TLS to a session that is ready for statements.

Law: nothing a client sends reaches PostgreSQL before its token was granted, and then only the
startup message made here; the client hears nothing of PostgreSQL before the role was found to be
mapped to the token's identity. What a client sends ahead of that waits.
"""

from enum import Enum, auto

from dsql_local.session import parameters
from dsql_local.session.effects import (
    Authenticate,
    Cancel,
    Close,
    Effect,
    Issued,
    OpenBackend,
    ToBackend,
    ToClient,
)
from dsql_local.wire import messages, startup
from dsql_local.wire.frames import MAX_PASSWORD, Frame, FrameReader, Scanner, Violation
from dsql_local.wire.messages import Problem

ADMIN = "admin"
# Sent to clients in place of what the embedded PostgreSQL says of itself.
SERVER_VERSION = "16.15"
# The embedded PostgreSQL has fewer places than a cluster.
TOO_MANY = Problem(
    sqlstate="53300", message="Unable to accept connection, too many open connections."
)
# A client has no reason to send more than a query or two ahead of its login's end.
MAX_AHEAD = 1024 * 1024


class Phase(Enum):
    """How far a login has come."""

    STARTUP = auto()
    PASSWORD = auto()
    VERIFYING = auto()
    CONNECTING = auto()
    ENTERING = auto()
    DONE = auto()
    REFUSED = auto()


class Login:
    """The first stage of a session."""

    def __init__(self, *, turned_away: Problem | None, not_mapped: Problem) -> None:
        self.phase = Phase.STARTUP
        # What came after the login's last message, from either side.
        self.ahead = b""
        self.behind = b""
        self._turned_away = turned_away
        self._not_mapped = not_mapped
        self._request: parameters.Request | None = None
        self._principal = ""
        self._held: list[bytes] = []
        self._replies = Scanner(bytes(range(256)))
        self._asked = False
        self._mapped = False

    def from_client(self, data: bytes) -> list[Effect]:
        """Take bytes from the client."""
        self.ahead += data
        match self.phase:
            case Phase.STARTUP:
                return self._read_startup()
            case Phase.PASSWORD:
                return self._read_password()
            case Phase.VERIFYING | Phase.CONNECTING | Phase.ENTERING:
                if len(self.ahead) > MAX_AHEAD:
                    return self.refused(_protocol("too much data before the end of the login"))
                return []
            case Phase.DONE | Phase.REFUSED:
                return []

    def granted(self, principal: str) -> list[Effect]:
        """Take the answer to `Authenticate`: this identity may try."""
        request = self._known_request()
        if request.database != parameters.DATABASE:
            text = f'database "{request.database}" does not exist'
            return self.refused(Problem(sqlstate="3D000", message=text))
        self.phase, self._principal = Phase.CONNECTING, principal
        return [OpenBackend()]

    def refused(self, problem: Problem) -> list[Effect]:
        """Tell the client why not, and end."""
        self.phase = Phase.REFUSED
        return [ToClient(problem.encode()), Close()]

    def backend_opened(self) -> list[Effect]:
        """Log in to PostgreSQL and, in the same breath, ask whether the role is mapped."""
        self.phase = Phase.ENTERING
        request = self._known_request()
        hello = startup.encode(request.backend_parameters())
        self._asked = request.user != ADMIN
        if self._asked:
            arn = messages.literal(self._principal)
            hello += messages.query(f"SELECT pg_dsql_local.iam_mapped({arn})")
        return [ToBackend(hello)]

    def from_backend(self, data: bytes) -> list[Effect]:
        """Take bytes from PostgreSQL."""
        effects: list[Effect] = []
        for frame in self._replies.feed(data):
            if not isinstance(frame, Frame):
                continue  # there is none: every type is wanted
            if self.phase is Phase.ENTERING:
                effects += self._enter(frame)
            else:
                self.behind += frame.raw
        if self.phase is Phase.DONE:
            self.behind += self._replies.rest()
        return effects

    def _known_request(self) -> parameters.Request:
        if self._request is None:  # the caller's order of calls is wrong: a bug
            raise RuntimeError("a login goes on before its startup message was read")
        return self._request

    def _read_startup(self) -> list[Effect]:
        length = startup.length_of(self.ahead)
        if isinstance(length, Violation):
            return self.refused(_protocol(length.message))
        if length is None or len(self.ahead) < length:
            return []
        packet, self.ahead = self.ahead[:length], self.ahead[length:]
        match startup.parse(packet):
            case startup.StartupMessage() as message:
                return self._greet(message)
            case startup.CancelRequest() as request:
                self.phase = Phase.REFUSED
                return [Cancel(request=request)]
            case startup.EncryptionRequest():
                return self.refused(_protocol("encryption was requested inside encryption"))
            case Violation(message=text):
                return self.refused(_protocol(text))

    def _greet(self, message: startup.StartupMessage) -> list[Effect]:
        if message.major != startup.PROTOCOL_MAJOR:
            text = f"unsupported frontend protocol {message.major}.{message.minor}: server supports 3.0 to 3.0"
            return self.refused(Problem(sqlstate="0A000", message=text))
        if self._turned_away:
            return self.refused(self._turned_away)
        request = parameters.read(message)
        if isinstance(request, Problem):
            return self.refused(request)
        self._request, self.phase = request, Phase.PASSWORD
        effects: list[Effect] = []
        if message.minor > startup.PROTOCOL_MINOR or request.extensions:
            offer = messages.negotiate_protocol_version(
                startup.PROTOCOL_VERSION, request.extensions
            )
            effects.append(ToClient(offer))
        effects.append(ToClient(messages.AUTHENTICATION_CLEARTEXT_PASSWORD))
        return effects + self._read_password()

    def _read_password(self) -> list[Effect]:
        reader = FrameReader(limit=MAX_PASSWORD)
        # One frame at most is taken; what follows it is not the password's business.
        found = next(iter(reader.feed(self.ahead)), None)
        match found:
            case None:
                return []
            case Violation(message=text):
                return self.refused(_protocol(text or "invalid message length"))
            case Frame(type=kind) if kind != ord("p"):
                return self.refused(
                    _protocol(f"expected password response, got message type {kind}")
                )
            case Frame():
                self.ahead = self.ahead[len(found.raw) :]
                self.phase = Phase.VERIFYING
                token = messages.password_of(found.body)
                return [Authenticate(user=self._known_request().user, token=token)]

    def _enter(self, frame: Frame) -> list[Effect]:
        match chr(frame.type):
            case "E":
                return self._turned_down(frame)
            case "S":
                self._held.append(_with_own_version(frame))
            case "K":
                self._held.append(frame.raw)
                pid, key = messages.backend_key_of(frame.body)
                return [Issued(pid=pid, key=key)]
            case "D":
                self._mapped = messages.first_column_of(frame.body) == b"t"
            case "Z" if self._asked:
                # Ready after the login; the answer to the question follows.
                self._asked = False
                self._held.append(frame.raw)
            case "Z":
                return self._admit(frame)
            case "R" | "N":
                self._held.append(frame.raw)
            case _:
                pass  # the rest of the answer to our own question
        return []

    def _admit(self, ready: Frame) -> list[Effect]:
        if self._known_request().user == ADMIN:
            self._held.append(ready.raw)
        elif not self._mapped:
            return self.refused(self._not_mapped)
        self.phase = Phase.DONE
        return [ToClient(b"".join(self._held))]

    def _turned_down(self, frame: Frame) -> list[Effect]:
        fields = messages.fields_of(frame.body)
        # No such role, or one that may not log in: not told apart from one that is not mapped.
        if fields.get("C") == "28000":
            return self.refused(self._not_mapped)
        if fields.get("C") == "53300":
            return self.refused(TOO_MANY)
        self.phase = Phase.REFUSED
        return [
            ToClient(messages.fields_message(b"E", fields | {"S": "FATAL", "V": "FATAL"})),
            Close(),
        ]


def _with_own_version(frame: Frame) -> bytes:
    name, _ = messages.parameter_of(frame.body)
    if name == "server_version":
        return messages.parameter_status(name, SERVER_VERSION)
    return frame.raw


def _protocol(text: str | None) -> Problem:
    return Problem(sqlstate="08P01", message=text or "protocol violation")
