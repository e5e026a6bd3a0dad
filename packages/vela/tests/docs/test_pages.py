"""Every command that a page names exists and takes the options it is given; every link leads somewhere."""

import re
from pathlib import Path

import pytest
from conftest import PROJECT
from docs.commands import command_lines, refusal

DOCS = PROJECT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
HOW_TO = (
    "deploy-to-an-account.md",
    "custom-domain-with-route-53.md",
    "custom-domain-elsewhere.md",
    "move-a-domain.md",
    "redeploy-after-destroy.md",
    "recover-a-stuck-stack.md",
    "tear-down.md",
    "deploy-from-github-actions.md",
)


def named(page: Path) -> str:
    return str(page.relative_to(DOCS))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_on_the_page_exists_and_takes_its_options(page):
    words = command_lines(page.read_text(encoding="utf-8"))

    refused = {" ".join(line): why for line in words if line and (why := refusal(line))}

    assert refused == {}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_on_the_page_leads_to_a_file(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_task_of_the_lifecycle_has_its_page():
    there = {page.name for page in (DOCS / "how-to").glob("*.md")}

    assert set(HOW_TO) <= there


def test_a_command_that_does_not_exist_is_found():
    (words,) = command_lines("```console\n$ .venv/bin/vela deploy --no-such-option\n```")

    assert refusal(words) == "No such option: --no-such-option"
    assert refusal(["fly"]) == "there is no command fly"
