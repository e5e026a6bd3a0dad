"""The bodies of SQL functions that are strings.

Law: pure; what a function would run is judged when it is made, as it may be run by anything.
"""

from dsql_local.dialect.parse import Parsed, inner_name


def body_of(parsed: Parsed) -> bytes | None:
    """The text a CREATE FUNCTION gives as its body in SQL."""
    if parsed.name != "create_function_stmt":
        return None
    options = {each.def_elem.defname: each.def_elem.arg for each in parsed.node.options}
    language, body = options.get("language"), options.get("as")
    if body is None or inner_name(body) != "list":
        return None
    if language is not None and language.string.sval.lower() != "sql":
        return None
    return str(body.list.items[0].string.sval).encode(errors="surrogateescape")
