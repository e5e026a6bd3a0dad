"""Pure codec: bytes <-> PostgreSQL v3 messages. No I/O, no clock."""
