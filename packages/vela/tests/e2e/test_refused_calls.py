"""Each API call of each command refused, in turn: denied, too late, too soon.

Whatever is refused, a command ends with success or with one line that tells the cause and what to do;
once nothing is refused any more it succeeds. What the CDK CLI asks: `test_refused_deployments.py`.
"""

from collections.abc import Iterator

import pytest
from e2e.in_process import Ended, Terminal

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("platform")]

DOMAIN = "www.example.com"
HERE = ("--target", "local")
COMMANDS = {
    "doctor": ("doctor", *HERE),
    "plan": ("plan", *HERE, "--domain", DOMAIN, "--hosted-zone", "ZONE", "--certificate", "ARN"),
    "verify": ("verify", *HERE, "--count", "1"),
    "deploy": ("deploy", *HERE, "--count", "1", "--yes"),
    "rollback": ("rollback", *HERE, "--dry-run"),
    "destroy": ("destroy", *HERE, "--dry-run"),
}
#: Beside the calls below, so many are asked at least.
ASKED = {"doctor": 7, "plan": 10, "verify": 13, "deploy": 17, "rollback": 8, "destroy": 8}
#: What they tell is told by something else as well, or taken for its documented default.
DISPENSABLE = {
    *("servicequotas:ListServiceQuotas", "ssm:GetParameter"),
    "route53:ListHostedZones",  # the zone is given, and DNS itself tells where the name leads
    "tag:GetResources",  # the stacks' own resources are judged without it
    "secretsmanager:GetSecretValue",  # with the secret the health-check says more, no other thing
}
#: The facts are gathered whole, and these commands' plans need no cluster.
BESIDE = {name: {"dsql:GetCluster", "dsql:ListClusters"} for name in ("rollback", "destroy")}
#: They prove that it works, so they may not succeed without having looked.
PROVING = {"verify", "deploy"}
OBSTACLES = {"denials": "Allow", "expiries": "Sign in", "throttles": "a minute"}


@pytest.fixture
def terminal(platform, monkeypatch, capsys) -> Terminal:
    return Terminal(platform=platform, patch=monkeypatch, capture=capsys)


@pytest.fixture(scope="module")
def commands(platform) -> Iterator[dict[str, tuple[str, ...]]]:
    """The commands, with a real certificate and zone."""
    acm, route53 = platform.client("acm"), platform.client("route53")
    arn = acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]
    made = route53.create_hosted_zone(Name="example.com", CallerReference="refused-calls")
    zone = made["HostedZone"]["Id"]
    real = {"ARN": arn, "ZONE": zone.removeprefix("/hostedzone/")}
    try:
        yield {
            name: tuple(real.get(word, word) for word in words) for name, words in COMMANDS.items()
        }
    finally:
        acm.delete_certificate(CertificateArn=arn)
        route53.delete_hosted_zone(Id=zone)


def tells(text: str, action: str, how: str) -> bool:
    """Whether a text says what was refused, and what to do."""
    named = action in text or action.partition(":")[2] in text
    return OBSTACLES[how] in text and (named or how == "expiries")


def faults(ended: Ended, usual: Ended, action: str, how: str) -> Iterator[str]:
    """What is wrong with how a command ended when *action* was refused."""
    if "Traceback" in ended.text:
        yield "a traceback"
    if ended.code not in {0, 1, 2}:
        yield f"exit code {ended.code}"
    if len(ended.errors) > 1:
        yield "more than one line"
    if ended.errors != usual.errors and not tells(ended.errors[0], action, how):
        yield "the line does not tell what was refused, and what to do"
    if ended.code not in {0, usual.code} and not tells(ended.text, action, how):
        yield f"it ended with {ended.code} and does not tell why"


@pytest.mark.parametrize("how", OBSTACLES)
@pytest.mark.parametrize("name", COMMANDS)
def test_each_call_refused_in_turn_is_one_line_that_says_what_to_do(terminal, commands, name, how):
    usual = terminal.run(*commands[name])
    wrong, silent = [], []

    for action in usual.asked:
        with terminal.refusing(how, [action], times=1000):
            ended = terminal.run(*commands[name])
        wrong += [f"{action}: {what}: {ended.errors}" for what in faults(ended, usual, action, how)]
        if not tells(ended.text, action, how):
            silent.append(action)

    assert wrong == []
    assert set(silent) <= DISPENSABLE | BESIDE.get(name, set())
    assert len(usual.asked) >= ASKED[name]
    assert terminal.run(*commands[name]).code == usual.code


@pytest.mark.parametrize("name", sorted(PROVING))
def test_nothing_is_called_good_that_was_not_looked_at(terminal, commands, name):
    usual = terminal.run(*commands[name])

    with terminal.refusing("expiries", ["tag:GetResources"]):
        ended = terminal.run(*commands[name])

    assert usual.code == 0
    assert ended.code == 1
    assert "checks could not be made" in ended.errors[0]
    assert "then run `vela verify`" in ended.errors[0]


def test_throttled_for_a_moment_every_command_succeeds(terminal, commands):
    for words in (commands[name] for name in ("plan", "verify", "rollback")):  # all calls there are
        usual = terminal.run(*words)

        with terminal.refusing("throttles", usual.asked, times=1):
            ended = terminal.run(*words, attempts=4)

        assert (ended.code, ended.errors) == (usual.code, usual.errors)
