from hypothesis import given
from hypothesis import strategies as st

from vela.dsql import RetryPolicy

policies = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 100),
    base_s=st.floats(0.001, 1),
    cap_s=st.floats(0.001, 60),
)
rolls = st.floats(0, 1, exclude_max=True)


@given(policies, st.integers(1, 200), rolls)
def test_a_policy_gives_up_exactly_when_its_attempts_are_used(policy, attempt, roll):
    assert (policy.delay(attempt, roll) is None) == (attempt >= policy.attempts)


@given(policies, st.integers(1, 99), rolls)
def test_a_wait_is_never_negative_and_never_longer_than_the_cap(policy, attempt, roll):
    wait = policy.delay(attempt, roll)

    assert wait is None or 0 <= wait <= policy.cap_s


@given(policies, st.integers(1, 98))
def test_the_longest_wait_doubles_until_the_cap(policy, attempt):
    policy = RetryPolicy(attempts=100, base_s=policy.base_s, cap_s=policy.cap_s)
    this, following = policy.delay(attempt, 1.0), policy.delay(attempt + 1, 1.0)

    assert this is not None
    assert following == min(policy.cap_s, 2 * this)


@given(policies, rolls)
def test_jitter_is_full(policy, roll):
    policy = RetryPolicy(attempts=2, base_s=policy.base_s, cap_s=policy.cap_s)

    assert policy.delay(1, 0.0) == 0
    assert policy.delay(1, roll) == roll * min(policy.cap_s, policy.base_s)
