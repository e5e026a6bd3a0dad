"""SQL text that holds names and strings of a statement.

Law: whatever a client wrote, a name stays a name and a string stays a string.
"""


def literal(text: str) -> str:
    """Quote a string, whatever ``standard_conforming_strings`` says."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def identifier(name: str) -> str:
    """Quote a name."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def regclass(*path: str) -> str:
    """An expression for the relation of this name: null when there is none."""
    name = ".".join(identifier(part) for part in path if part)
    return f"to_regclass({literal(name)})"
