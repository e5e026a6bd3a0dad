"""The session as a pure two-mouthed state machine: bytes in, effects out."""
