"""The page: its decisions run under Node, its files held to the headers they are sent with."""

import json
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

MINUTE = 60_000


@pytest.fixture(scope="session")
def web(project):
    return project / "web"


@pytest.fixture
def status(web, tmp_path):
    """Call an exported function of status.js."""
    module = tmp_path / "status.mjs"
    shutil.copyfile(web / "status.js", module)

    def call(expression):
        code = f"import * as s from '{module.as_uri()}'; console.log(JSON.stringify({expression}))"
        done = subprocess.run(
            ["node", "--input-type=module", "-e", code], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    return call


@pytest.mark.parametrize(
    ("answer", "online", "state"),
    [
        ("{status: 200, body: {status: 'ok'}}", "true", "healthy"),
        ("{status: 200, body: {status: 'error'}}", "true", "unhealthy"),
        ("{status: 200, body: null}", "true", "unhealthy"),
        ("{status: 503, body: {status: 'error'}}", "true", "unhealthy"),
        ("{status: 503, body: {status: 'ok'}}", "true", "unhealthy"),
        ("null", "true", "unreachable"),
        ("null", "false", "offline"),
    ],
)
def test_an_answer_is_judged_by_status_and_body(answer, online, state, status):
    assert status(f"s.judge({answer}, {online})") == state


def test_since_is_when_the_state_began_and_moves_only_with_the_state(status):
    seen = status(
        "[['healthy', 1000], ['healthy', 2000], ['unhealthy', 3000], ['unhealthy', 4000],"
        " ['healthy', 5000]].reduce((all, [state, now]) =>"
        " [...all, s.remember(all.at(-1) ?? null, state, now)], []).map((m) => m.since)"
    )

    assert seen == [1000, 1000, 3000, 3000, 5000]


def test_a_clock_set_back_does_not_leave_since_in_the_future(status):
    assert status("s.remember({state: 'healthy', since: 9000}, 'healthy', 1000).since") == 1000


def test_it_asks_every_quarter_minute_and_rarer_while_vela_is_not_well(status):
    pauses = status("[0, 1, 2, 3, 4, 5, 50].map((failures) => s.pause({failures}))")

    assert pauses[:2] == [MINUTE // 4, MINUTE // 4]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 2 * MINUTE


def test_an_earlier_visit_is_recalled(status):
    assert status("s.recall(JSON.stringify({state: 'healthy', since: 7}))") == {
        "state": "healthy",
        "since": 7,
        "failures": 0,
    }


@pytest.mark.parametrize(
    "kept", ["null", "''", "'{'", "'null'", "'[]'", """'{"state":"toString","since":1}'"""]
)
def test_rubbish_is_no_memory(kept, status):
    assert status(f"s.recall({kept})") is None


def test_every_state_has_its_words(status):
    for state in ("healthy", "unhealthy", "unreachable", "offline"):
        words = status(
            f"[s.verdict({{state: '{state}'}}), s.since({{state: '{state}', since: 1}}, String)]"
        )
        assert all(isinstance(text, str) and len(text) > 10 for text in words)


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []
        self.inline = []
        self._in = None

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in = tag

    def handle_endtag(self, _tag):
        self._in = None

    def handle_data(self, data):
        if self._in in {"script", "style"} and data.strip():
            self.inline.append(data)


@pytest.fixture
def page(web):
    parsed = Page()
    parsed.feed((web / "index.html").read_text(encoding="utf-8"))
    return parsed


def test_the_page_has_nothing_that_its_content_security_policy_refuses(page):
    assert page.inline == []
    for tag, attributes in page.tags:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag


def test_every_file_the_page_names_is_there_and_its_own(page, web):
    named = [a.get("src") or a.get("href") for _, a in page.tags if "src" in a or "href" in a]

    assert named
    assert all(name.startswith("/") and (web / name[1:]).is_file() for name in named)


def test_the_page_can_be_read_aloud(page):
    tags = [tag for tag, _ in page.tags]

    assert dict(page.tags)["html"]["lang"] == "en"
    assert tags.count("h1") == 1
    assert "main" in tags
    assert [a for _, a in page.tags if a.get("role") == "status"]
    assert all("alt" in a for tag, a in page.tags if tag == "img")
