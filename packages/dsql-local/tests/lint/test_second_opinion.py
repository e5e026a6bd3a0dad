"""dsql-lint as another judge of the same statements: they agree, or the documentation says why not."""

import json
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

import dsql_local

HERE = Path(__file__).parent
PAGE = HERE.parents[3] / "docs" / "reference" / "dsql-lint.md"
LINT = Path(sys.executable).with_name("dsql-lint")
CORPUS = [
    line
    for line in (HERE / "corpus.sql").read_text().splitlines()
    if line and not line.startswith("--")
]
# | `statement` | dsql-lint | dsql-local | why |
ROW = re.compile(
    r"^\| `(.+)` \| (accepts|refuses) \| (accepts|refuses) \| (\S.*) \|$", re.MULTILINE
)


def verdict(*, refused):
    return "refuses" if refused else "accepts"


@pytest.fixture(scope="module")
def linted(tmp_path_factory):
    """What dsql-lint says of each statement, looked at alone."""
    folder = tmp_path_factory.mktemp("statements")
    files = [folder / f"{number:03}.sql" for number in range(len(CORPUS))]
    for file, statement in zip(files, CORPUS, strict=True):
        file.write_text(f"{statement};\n")
    done = subprocess.run(
        [LINT, "--format", "json", *files], capture_output=True, text=True, check=False
    )
    found = {entry["file"]: entry["diagnostics"] for entry in json.loads(done.stdout)["files"]}
    return {
        statement: verdict(refused=bool(found[str(file)]))
        for file, statement in zip(files, CORPUS, strict=True)
    }


@pytest.fixture(scope="module")
def tried():
    """What dsql-local says of each statement, run alone on the same objects."""
    with dsql_local.running() as cluster:
        with cluster.connect() as connection:
            for statement in (HERE / "baseline.sql").read_text().splitlines():
                connection.execute(statement)
        cluster.remember()
        return dict(verdicts(cluster))


def verdicts(cluster):
    connection = cluster.connect()
    for statement in CORPUS:
        refused = is_refused(connection, statement)
        yield statement, verdict(refused=refused)
        if not refused and not statement.startswith(("SELECT", "SHOW", "EXPLAIN")):
            connection.close()
            cluster.restore()
            connection = cluster.connect()
    connection.close()


def is_refused(connection, statement):
    try:
        if statement.startswith("COPY"):
            with connection.cursor().copy(statement) as copy:
                list(copy if "TO STDOUT" in statement else ())
        else:
            connection.execute(statement)
    except psycopg.Error:
        return True
    return False


def test_each_disagreement_is_explained_and_each_explanation_is_needed(linted, tried):
    explained = {row[0]: row[1:3] for row in ROW.findall(PAGE.read_text())}
    found = {
        statement: (linted[statement], tried[statement])
        for statement in CORPUS
        if linted[statement] != tried[statement]
    }

    assert found == explained


def test_the_corpus_says_nothing_twice():
    assert len(CORPUS) == len(set(CORPUS)) >= 200
