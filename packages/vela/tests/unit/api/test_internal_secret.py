import pytest

from vela.api.services.internal_secret import KEEP_S, RETRY_S, InternalSecret, secrets_manager
from vela.dsql.deadline import Clocks
from vela.errors import SecretUnreadable, SettingsError


class Time:
    """Both clocks of a process; each can be stopped, as a freeze or an adjustment stops one."""

    def __init__(self) -> None:
        self.monotonic = self.wall = 1000.0
        self.clocks = Clocks(monotonic=lambda: self.monotonic, wall=lambda: self.wall)

    def passes(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


class Store:
    """A secret that can be rotated and lost."""

    def __init__(self, value: str | None) -> None:
        self.value = value
        self.reads = 0

    def __call__(self) -> str:
        self.reads += 1
        if self.value is None:
            raise SecretUnreadable("access denied", "allow it")
        return self.value


def test_the_secret_matches_and_nothing_else_does():
    secret = InternalSecret(Store("right"), clocks=Time().clocks)

    assert [secret.matches(offer) for offer in ("right", "Right", "righ", "rightt", "ü")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_an_empty_secret_authorises_nobody():
    assert not InternalSecret(Store(""), clocks=Time().clocks).matches("")


def test_a_rotated_secret_is_taken_up_after_its_time_and_the_old_one_refused():
    time, store = Time(), Store("old")
    secret = InternalSecret(store, clocks=time.clocks)
    secret.matches("old")
    store.value = "new"

    before = secret.matches("new")
    time.passes(KEEP_S)

    assert (before, secret.matches("new"), secret.matches("old")) == (False, True, False)


def test_wrong_offers_cost_one_read_however_many_they_are():
    store = Store("right")
    secret = InternalSecret(store, clocks=Time().clocks)

    for _ in range(100):
        secret.matches("wrong")

    assert store.reads == 1


def test_while_the_secret_is_unreadable_nobody_is_authorised_and_it_is_told_once(caplog):
    time, store = Time(), Store(None)
    secret = InternalSecret(store, clocks=time.clocks)

    refused = [secret.matches("right") for _ in range(3)]
    store.value = "right"
    time.passes(RETRY_S)

    assert (refused, secret.matches("right")) == ([False] * 3, True)
    (line,) = caplog.records
    assert (line.message, line.code, line.fix) == ("internal_secret.unreadable", "E310", "allow it")


def test_a_refusal_is_logged_without_offer_or_secret(caplog):
    InternalSecret(Store("the-secret"), clocks=Time().clocks).matches("the-offer")

    (line,) = caplog.records
    assert line.message == "internal_secret.refused"
    assert "the-secret" not in str(vars(line))
    assert "the-offer" not in str(vars(line))


@pytest.mark.parametrize("arn", ["", "vela/internal", "arn:aws:iam::123456789012:role/x"])
def test_a_missing_or_malformed_arn_is_a_settings_error(arn):
    with pytest.raises(SettingsError, match="INTERNAL_SECRET_ARN"):
        secrets_manager(arn)()
