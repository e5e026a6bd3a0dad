"""Wildcards, as IAM documents them."""

import time

import pytest

from dsql_local.auth.glob import arn_matches, compile_arn, compile_glob

CLUSTER = "arn:aws:dsql:us-east-1:111122223333:cluster/abc"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", ""),
        ("*", ""),
        ("*", "anything\nat all"),
        ("**", "x"),
        ("a*", "a"),
        ("a*c", "abbbc"),
        ("*b*", "abc"),
        ("a?c", "abc"),
        ("?", "\n"),
        ("*aab", "aaaab"),
        ("*a*b*c", "aabbcc"),
        ("a.c", "a.c"),
        ("[a]", "[a]"),
        ("a*?", "ab"),
        ("?*?", "ab"),
    ],
)
def test_a_pattern_matches_the_whole_text(pattern, text):
    assert compile_glob(pattern).fullmatch(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", "x"),
        ("a", "ab"),
        ("a", "ba"),
        ("a*", "ba"),
        ("a?c", "ac"),
        ("?", ""),
        ("?*?", "a"),
        ("*aab", "aaba"),
        ("a*b*c", "acb"),
        ("a.c", "abc"),
        ("[a]", "a"),
        ("A", "a"),
        ("a*a", "a"),
    ],
)
def test_a_pattern_matches_nothing_else(pattern, text):
    assert not compile_glob(pattern).fullmatch(text)


def test_case_is_ignored_on_request_and_only_in_ascii():
    glob = compile_glob("dsql:K*", ignore_case=True)

    assert glob.fullmatch("DSQL:k1")
    assert not glob.fullmatch("dsql:\u212a1")  # the Kelvin sign folds to k


def test_a_hostile_pattern_is_matched_in_no_time():
    glob = compile_glob("*a" * 200 + "b")

    started = time.process_time()
    assert not glob.fullmatch("a" * 5_000)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        CLUSTER,
        "arn:aws:dsql:us-east-1:111122223333:cluster/*",
        "arn:aws:dsql:us-east-1:111122223333:cluster/???",
        "arn:aws:dsql:*:111122223333:*",
        "arn:aws:dsql:us-*-1:111122223333:cluster/abc",
        "arn:*:dsql:us-east-?:*:c*r/a*c",
        "arn:aws:dsql:*",
        "arn:aws:*:cluster/abc",
        "arn:*",
    ],
)
def test_a_resource_pattern_matches_part_by_part(pattern):
    assert arn_matches(compile_arn(pattern), CLUSTER)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "arn:aws:dsql:us-east-1:111122223333:cluster/ABC",
        "arn:aws:dsql:us-east-1:111122223333:cluster/ab",
        "arn:aws:dsql:us-east-1:111122223333:cluster",
        "arn:aws:dsql:eu-*:111122223333:cluster/abc",
        "arn:aws:dsql:us-east-1:111122223334:*",
        "arn:aws:s3:::*",
        "arn:aws:dsql:us-east-1:111122223333:cluster/abc:x",
        "arn:aws:dsql:us-east-1:cluster/abc",
        # A star inside a part does not reach over a colon; only one that ends a part does.
        "arn:aws:d*-1:111122223333:cluster/abc",
        "arn:aws:dsql:us-east-1?111122223333:cluster/abc",
    ],
)
def test_a_resource_pattern_matches_no_other_arn(pattern):
    assert not arn_matches(compile_arn(pattern), CLUSTER)


def test_a_hostile_resource_pattern_is_matched_in_no_time():
    parts = compile_arn("*:" * 3_000)

    started = time.process_time()
    assert not arn_matches(parts, CLUSTER)
    assert time.process_time() - started < 1
