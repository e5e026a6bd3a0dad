"""Whether Aurora DSQL answers in the Region, and which Region the user's own settings name.

Law: asked of the service itself; no list of Regions is kept here that could age.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The Region everything is deployed to.

    Attributes:
        name: The one Region of Vela's stacks.
        configured: What ``AWS_REGION`` or the profile says; None when they say nothing.
        dsql: Whether Aurora DSQL has an endpoint there; None when that could not be asked.

    """

    name: str
    configured: str | None = None
    dsql: bool | None = None
