"""Reading a request's JSON body.

Law: a field has the type and form it must have, or `ApiError` names it. No value is repeated in
a message: it may be a secret.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from dsql_local.server.control.exchange import JSON_TYPE, ApiError, Request, invalid, invalid_field

Body = Mapping[str, Any]

TAG_KEY: Final = re.compile(r"[a-zA-Z0-9_.:/=+\-@ ]{1,128}", re.ASCII)
TAG_VALUE: Final = re.compile(r"[a-zA-Z0-9_.:/=+\-@ ]{0,256}", re.ASCII)
TAG_LIMIT: Final = 200


def json_object(request: Request) -> Body:
    """Decode the body; none at all is an empty object."""
    if not request.body:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON_TYPE:
        raise ApiError(415, "UnsupportedMediaTypeException", f"The body must be {JSON_TYPE}.")
    try:
        body = json.loads(request.body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON.", reason="cannotParse") from None
    if not isinstance(body, dict):
        raise invalid("The body is not a JSON object.", reason="cannotParse")
    return body


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def only(body: Body, names: frozenset[str]) -> None:
    """Refuse a field that has no meaning, lest a misspelt one be ignored."""
    if unknown := sorted(body.keys() - names):
        raise invalid_field(unknown[0], "there is no such field")


def boolean(body: Body, name: str) -> bool | None:
    """Read an optional boolean."""
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise invalid_field(name, "must be a boolean")


def text(body: Body, name: str, form: re.Pattern[str]) -> str | None:
    """Read an optional string of a given form."""
    value = body.get(name)
    if value is None or (isinstance(value, str) and form.fullmatch(value)):
        return value
    raise invalid_field(name, f"must be a string that matches {form.pattern}")


def required_text(body: Body, name: str, form: re.Pattern[str]) -> str:
    """Read a string of a given form."""
    if (value := text(body, name, form)) is None:
        raise invalid_field(name, "is required")
    return value


def number(body: Body, name: str) -> float | None:
    """Read an optional finite number."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise invalid_field(name, "must be a number")


def tags(body: Body, *, required: bool = False) -> dict[str, str]:
    """Read a map of tags."""
    value = body.get("tags")
    if value is None and not required:
        return {}
    if not isinstance(value, dict) or len(value) > TAG_LIMIT:
        raise invalid_field("tags", f"must be an object of at most {TAG_LIMIT} tags")
    for key, each in value.items():
        if not TAG_KEY.fullmatch(key) or not isinstance(each, str) or not TAG_VALUE.fullmatch(each):
            raise invalid_field("tags", "has a key or value that is no tag's")
    return value
