"""Why the stacks could not be synthesised, out of what the CDK CLI and the app have printed.

Law: pure. A rule that was broken is told with the construct that broke it, an error of Vela's own as it
was written, an exception by its last line.
"""

import re
from collections.abc import Sequence

NO_SPACE = "No space left on device"
_BROKEN = re.compile(r"^ERROR (?P<rule>.+)$")
_CONSTRUCT = re.compile(r"^   (?P<path>\S+)")
_OWN = re.compile(r"^vela: E\d{3} (?P<why>.+)$")
_EXCEPTION = re.compile(r"^(?P<name>[A-Za-z_][\w.]*(?:Error|Exception|Interrupt)): (?P<why>.+)$")


def reason(lines: Sequence[str]) -> str | None:
    """Give why the synthesis failed; None where the output holds no reason of its kind."""
    told = [line.rstrip() for line in lines]
    return _own(told) or _broken(told) or _exception(told)


def _own(told: Sequence[str]) -> str | None:
    found = next(filter(None, map(_OWN.match, told)), None)
    return found["why"] if found else None


def _broken(told: Sequence[str]) -> str | None:
    """Give the first broken rule with its construct, and say how many more there are."""
    at = [number for number, line in enumerate(told) if _BROKEN.match(line)]
    if not at:
        return None
    rule = told[at[0]].removeprefix("ERROR ")
    below = _CONSTRUCT.match(told[at[0] + 1]) if at[0] + 1 < len(told) else None
    where = f"{below['path']}: " if below else ""
    more = f" (and {len(at) - 1} more)" if len(at) > 1 else ""
    return f"{where}{rule}{more}"


def _exception(told: Sequence[str]) -> str | None:
    """Give the last exception; what ended another one comes after it."""
    found = [line for line in told if _EXCEPTION.match(line)]
    full = next((line for line in told if NO_SPACE in line), None)
    if full is not None:
        return f"no space is left on the disk ({full.strip()})"
    return found[-1] if found else None
