"""What a function sees of its runtime, without a process around it."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vela.local.emulator.adaptations.function_runtime import JsonFormatter, LogStream

LINES = st.lists(st.text(st.characters(exclude_characters="\n")))
FIELDS = st.dictionaries(
    st.from_regex(r"f_[a-z]{1,8}", fullmatch=True),
    st.text() | st.integers() | st.booleans() | st.lists(st.integers()),
)


@given(LINES, st.lists(st.integers(min_value=1, max_value=5)))
def test_how_output_is_cut_into_writes_never_changes_the_lines(lines, cuts):
    sent: list[dict[str, str]] = []
    stream = LogStream(sent.append)
    text = "".join(f"{line}\n" for line in lines)

    for size in cuts:
        stream.write(text[:size])
        text = text[size:]
    stream.write(text)

    assert [message["log"] for message in sent] == lines


def test_a_line_begun_is_sent_with_the_invocation_s_end():
    sent: list[dict[str, str]] = []
    stream = LogStream(sent.append)

    stream.write("no newline")
    before = list(sent)
    stream.flush_line()
    stream.flush_line()

    assert (before, sent) == ([], [{"log": "no newline"}])


@given(FIELDS)
def test_every_extra_field_is_a_field_of_the_line(fields):
    record = logging.makeLogRecord({"msg": "event", "name": "vela", "levelname": "INFO", **fields})

    line = json.loads(JsonFormatter().format(record))

    assert {name: line[name] for name in fields} == fields
    assert (line["message"], line["level"], line["logger"]) == ("event", "INFO", "vela")


def test_an_exception_has_type_message_and_stack():
    formatter = JsonFormatter()
    formatter.request_id = "r-1"
    with pytest.raises(ValueError, match="no good") as caught:
        raise ValueError("no good")
    info = (caught.type, caught.value, caught.tb)
    record = logging.makeLogRecord({"msg": "failed", "levelname": "ERROR", "exc_info": info})

    line = json.loads(formatter.format(record))

    assert (line["errorType"], line["errorMessage"]) == ("ValueError", "no good")
    assert line["requestId"] == "r-1"
    assert line["stackTrace"]
