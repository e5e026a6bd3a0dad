"""What stands for an asynchronous statement, and how fast jobs go."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.parse import parse
from dsql_local.dialect.statement import Rewrite
from dsql_local.jobs import submission
from dsql_local.jobs.pace import Pace

CLASSIFIER = Classifier()


def sent(text):
    (statement,) = CLASSIFIER.classify(text)
    assert statement.job is not None
    assert isinstance(statement.verdict, Rewrite)
    return submission(statement.job, statement.verdict.sql)


def test_an_index_is_submitted_with_its_table_and_its_statement():
    assert sent(b"CREATE INDEX ASYNC i ON s.t (a)") == (
        b"SELECT job_id FROM pg_dsql_local.submit_index("
        b"""E'CREATE INDEX       i ON s.t (a)', to_regclass(E'"s"."t"'))"""
    )


def test_a_constraint_is_submitted_with_its_table_and_its_name():
    assert sent(b"ALTER TABLE ASYNC t VALIDATE CONSTRAINT c") == (
        b"""SELECT job_id FROM pg_dsql_local.submit_validation(to_regclass(E'"t"'), E't', E'c')"""
    )


@given(st.text(st.characters(exclude_characters='"\0', exclude_categories=["Cs"]), min_size=1))
def test_a_name_stays_a_name_whatever_is_in_it(name):
    text = f'CREATE INDEX ASYNC ON "{name}" (a)'.encode()

    (statement, *more) = parse(sent(text))

    assert not more
    assert statement.name == "select_stmt"


def test_a_job_waits_for_its_delay_and_then_for_the_gate():
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    async def main():
        pace = Pace(delay_s=5, sleep=sleep)
        pace.hold(held=True)
        job = asyncio.ensure_future(pace.ready())
        await asyncio.sleep(0)
        assert (slept, job.done()) == ([5], False)
        pace.hold(held=False)
        await job

    asyncio.run(main())
