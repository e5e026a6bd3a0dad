"""Who runs the commands: what they may do, how long they may do it, how often."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event

from e2e.accounts import Account, quoted
from e2e.matrix.state import Set, Told

MAY = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NAME = "visitor"


def denied(*actions: str) -> Set:
    """A user who may do everything but this."""

    @contextmanager
    def set_(account: Account) -> Iterator[Told]:
        not_ = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
        with user(account, not_) as credentials:
            yield Told(credentials=credentials)

    return set_


@contextmanager
def user(account: Account, *statements: object) -> Iterator[Mapping[str, str]]:
    iam = account.client("iam")
    iam.create_user(UserName=NAME)
    key = iam.create_access_key(UserName=NAME)["AccessKey"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [MAY, *statements]})
    iam.put_user_policy(UserName=NAME, PolicyName="own", PolicyDocument=document)
    yield {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    iam.delete_user_policy(UserName=NAME, PolicyName="own")
    iam.delete_access_key(UserName=NAME, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=NAME)


@contextmanager
def unknown_key(_account: Account) -> Iterator[Told]:
    yield Told(credentials={"AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWSTHIS0"})


def session(account: Account) -> Mapping[str, str]:
    given = account.client("sts").get_session_token()["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


def end(account: Account, credentials: Mapping[str, str]) -> None:
    key = quoted(credentials["AWS_ACCESS_KEY_ID"])
    account.switch("PUT", f"/sessions/{key}", {"expires_at": 0})


@contextmanager
def ended_session(account: Account) -> Iterator[Told]:
    credentials = session(account)
    end(account, credentials)
    yield Told(credentials=credentials)


def ends_during(stack: str) -> Set:
    """A session that ends while a stack is being changed."""

    @contextmanager
    def set_(account: Account) -> Iterator[Told]:
        credentials = session(account)
        before = account.statuses().get(stack)

        def meanwhile(account: Account, over: Event) -> None:
            while not over.wait(0.05):
                if account.statuses().get(stack) != before:
                    end(account, credentials)
                    return

        yield Told(credentials=credentials, meanwhile=meanwhile)

    return set_


def throttled(action: str, times: int) -> Set:
    @contextmanager
    def set_(account: Account) -> Iterator[None]:
        with account.switched(f"/throttles/{action}", {"times": times}):
            yield

    return set_
