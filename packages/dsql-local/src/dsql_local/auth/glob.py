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
    return _fits(parts, arn.split(":"))


def _fits(parts: tuple[ArnPart, ...], fields: list[str]) -> bool:
    if not parts or not fields:
        return not parts and not fields
    head, rest = parts[0], parts[1:]
    if not head.glob.fullmatch(fields[0]):
        return False
    reach = range(1, len(fields) + 1) if head.reaches else (1,)
    return any(_fits(rest, fields[taken:]) for taken in reach)
