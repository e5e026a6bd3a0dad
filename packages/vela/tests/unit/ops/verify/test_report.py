"""What a report concludes, and what becomes of it for people and programs."""

import html.parser
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.ops.verify.reports import check, report, unseen, with_times

from vela.errors import AccountUnusable, VerificationFailed
from vela.ops.facts.unknown import Cause
from vela.ops.verify.charts import Times, binned, histogram, rounded, timeline
from vela.ops.verify.files import HTML, JSON, write
from vela.ops.verify.page import FRAME, page
from vela.ops.verify.report import Sample, Status

VOID = {"meta"}


class Outline(html.parser.HTMLParser):
    """The tags of a page, whether they are closed in order, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.fetched += [value for name, value in attrs if name in {"src", "href", "srcset"}]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def outline(text: str) -> Outline:
    read = Outline()
    read.feed(text)
    assert read.open == []
    return read


def test_a_check_that_nobody_may_make_does_not_fail_the_report():
    report(check("page"), unseen("cluster", cause=Cause.DENIED)).require()


@pytest.mark.parametrize("cause", [Cause.NO_CREDENTIALS, Cause.THROTTLED, Cause.UNREACHABLE])
def test_what_is_to_be_looked_at_again_is_not_called_good(cause):
    cut_off = report(check("page"), unseen("cluster", cause=cause))

    with pytest.raises(AccountUnusable, match="1 of 2 checks could not be made: The cluster"):
        cut_off.require()
    assert cut_off.as_json()["passed"] is False
    assert "Whether Vela works is not known" in page(cut_off)


def test_a_failed_check_fails_the_report_and_offers_the_way_back():
    failing = report(check("page"), check("cluster", Status.FAILED, "it is DELETED"))

    with pytest.raises(VerificationFailed, match=r"The cluster: seen \(it is DELETED\)") as raised:
        failing.require()

    assert "vela rollback" in raised.value.fix
    assert raised.value.exit_code == 1


def test_what_could_not_be_looked_at_or_does_not_apply_fails_nothing():
    told = report(check("a", Status.UNKNOWN), check("b", Status.NOT_APPLICABLE))

    assert told.require() is told


def test_the_files_are_json_and_one_page(tmp_path):
    written = write(report(), tmp_path / "new" / "folder")

    told = json.loads((written.parent / JSON).read_text(encoding="utf-8"))
    assert written.name == HTML
    assert told["passed"] is True
    assert len(told["samples"]) == told["health"]["count"] == 100
    assert sorted(path.name for path in written.parent.iterdir()) == [HTML, JSON]


def test_the_page_needs_nothing_from_anywhere_and_runs_nothing():
    text = page(report())

    read = outline(text)
    assert read.fetched == []
    assert not {"script", "link", "img", "iframe"} & set(read.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"\son\w+=", text)


def test_the_page_names_each_thing_once_and_says_all_it_shows():
    checks = [check("cluster-active"), check("page", Status.FAILED, "it is answered 500")]

    read = outline(page(report(*checks)))

    assert len(read.ids) == len(set(read.ids))
    assert {"cluster-active", "page"} <= set(read.ids)
    for words in ("The cluster-active", "it is answered 500", "passed", "failed", "100.0%"):
        assert words in read.text


def test_what_the_platform_said_is_text_and_nothing_else():
    text = page(report(check("page", Status.FAILED, "<script>alert(1)</script>"), failed=3))

    read = outline(text)
    assert "script" not in read.tags
    assert "<script>alert(1)</script>" in read.text
    assert "3 times" in read.text


def test_a_chart_says_in_words_what_it_shows():
    told = report(failed=3)

    assert "p50" in histogram(told.samples, told.health).partition("aria-label=")[2][:200]
    assert "3 of them failed" in timeline(told.samples, told.health)


@given(st.lists(st.floats(0, 60_000, allow_nan=False), min_size=1, max_size=50))
def test_every_call_is_drawn_once_and_inside_the_picture(times):
    told = with_times(*times)
    samples = told.samples

    drawn = timeline(samples, told.health)

    heights = [float(at) for at in re.findall(r'cy="([\d.-]+)"', drawn)]
    assert len(heights) == len(times)
    assert all(0 <= at <= 220 for at in heights)
    assert sum(binned(samples, Times.of(samples))) == len(times)


@given(st.floats(1e-3, 1e6))
def test_a_scale_ends_in_a_number_a_person_counts_in(value):
    top = rounded(value)

    assert value <= top * (1 + 1e-9) <= value * 2.5 * (1 + 1e-6)
    assert f"{top:e}"[0] in "125"


def test_no_call_at_all_still_makes_a_picture():
    assert Times.of(()).share(1.0) >= 0
    assert binned((Sample(elapsed_ms=0.0, ok=True),), Times.of(()))[0] == 1


def luminance(colour: str) -> float:
    digits = colour if len(colour) == 6 else "".join(2 * c for c in colour)
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_is_legible_by_wcag_aa_in_both_themes(theme):
    block = re.findall(r":root \{(.*?)\}", FRAME.read_text(encoding="utf-8"), flags=re.DOTALL)[
        theme
    ]
    colours = dict(re.findall(r"--([\w-]+): #([0-9a-f]+)", block))
    pairs = [
        *((ink, ground) for ink in ("ink", "dim") for ground in ("page", "card")),
        *((tone, "card") for tone in ("good", "bad", "unsure", "mark")),
        *((tone, f"{tone}-soft") for tone in ("good", "bad", "unsure")),
        ("dim", "none-soft"),
    ]

    assert {
        pair: contrast(*(colours[name] for name in pair)) >= 4.5 for pair in pairs
    } == dict.fromkeys(pairs, True)
    assert contrast(colours["bar"], colours["card"]) >= 3  # a picture's part
