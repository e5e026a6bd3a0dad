"""How CloudFormation words what a service refused a resource's handler.

Law: text only; see the events of any failed stack, or
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html.
"""

from ministack.core.responses import new_uuid


class Refused(ValueError):
    """A resource that could not be handled; CloudFormation shows the text as the reason."""

    def __init__(self, text: str, *, service: str, status: int, code: str) -> None:
        cause = f"{text} (Service: {service}, Status Code: {status}, Request ID: {new_uuid()})"
        token = f"RequestToken: {new_uuid()}, HandlerErrorCode: {code}"
        super().__init__(f'Resource handler returned message: "{cause}" ({token})')
