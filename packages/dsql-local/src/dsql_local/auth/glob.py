"""Wildcards as IAM reads them.

Law: a pattern is compiled once and then matched in linear time, whatever its author wrote.

``*`` stands for any characters, ``?`` for one. In a resource ARN they stay within their
colon-separated part, save that a ``*`` ending a part may reach over the colons after it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

import re
from dataclasses import dataclass


def compile_glob(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Compile *pattern*, to be used with ``fullmatch``.

    What stands between two stars is looked for once: its first place is as good as any later
    one, and an atomic group never comes back to try another. So no pattern makes matching slow.
    """
    head, *runs = (
        "".join("." if c == "?" else re.escape(c) for c in run) for run in pattern.split("*")
    )
    *middle, last = runs or [""]
    stars = "".join(f"(?>.*?{run})" for run in middle if run) + f".*{last}" if runs else ""
    flags = re.DOTALL | (re.IGNORECASE | re.ASCII if ignore_case else re.NOFLAG)
    return re.compile(head + stars, flags)


@dataclass(frozen=True, slots=True)
class ArnPart:
    """One colon-separated part; *reaches* says whether it may match over the colons after it."""

    glob: re.Pattern[str]
    reaches: bool


def compile_arn(pattern: str) -> tuple[ArnPart, ...]:
    """Compile a resource pattern: ``*`` or an ARN with wildcards."""
    return tuple(
        ArnPart(compile_glob(part), reaches=part.endswith("*")) for part in pattern.split(":")
    )


def arn_matches(parts: tuple[ArnPart, ...], arn: str) -> bool:
    """Whether *arn* as a whole fits the compiled pattern."""
    fields = arn.split(":")
    return len(parts) <= len(fields) and _fits(parts, fields)


def _fits(parts: tuple[ArnPart, ...], fields: list[str]) -> bool:
    if len(parts) == len(fields):  # every part matches one field at least, so none can reach
        return all(part.glob.fullmatch(field) for part, field in zip(parts, fields, strict=True))
    if not parts or not parts[0].glob.fullmatch(fields[0]):
        return False
    reach = range(1, len(fields) - len(parts) + 2) if parts[0].reaches else (1,)
    return any(_fits(parts[1:], fields[taken:]) for taken in reach)
