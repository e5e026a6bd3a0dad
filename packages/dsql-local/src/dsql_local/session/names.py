"""Which statement a name stands for, as PostgreSQL has it.

Law: within a round a name stands for what was sent last; after it, for what PostgreSQL has
acknowledged, as it ignores what comes after an error.
"""

from dsql_local.dialect.statement import Statement


class Names:
    """The prepared statements and portals of one session."""

    def __init__(self) -> None:
        self._statements: dict[bytes, Statement | None] = {}
        self._ahead: dict[bytes, Statement | None] = {}
        self._portals: dict[bytes, Statement | None] = {}

    def sent(self, name: bytes, statement: Statement | None) -> None:
        """A Parse or a Close of this name was sent."""
        self._ahead[name] = statement

    def acknowledged(self, name: bytes, statement: Statement | None) -> None:
        """PostgreSQL has taken it."""
        if statement is None:
            self._statements.pop(name, None)
        else:
            self._statements[name] = statement

    def bound(self, portal: bytes, name: bytes) -> None:
        """A Bind was sent; one that fails takes the rest of its round with it."""
        ahead = self._ahead
        self._portals[portal] = ahead[name] if name in ahead else self._statements.get(name)

    def of_portal(self, portal: bytes) -> Statement | None:
        """The statement an Execute runs; None when PostgreSQL will not, or it is empty."""
        return self._portals.get(portal)

    def settled(self, *, idle: bool) -> None:
        """A round has ended; with the transaction, its portals go."""
        self._ahead.clear()
        if idle:
            self._portals.clear()
