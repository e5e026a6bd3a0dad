"""Laws of the codec: it loses nothing, invents nothing, and never raises on what a peer sends."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dsql_local.dialect.tokens import Kind, tokens
from dsql_local.wire import messages, startup
from dsql_local.wire.frames import (
    FRONTEND_TYPES,
    Frame,
    FrameReader,
    Scanner,
    Violation,
    frame,
)

types = st.sampled_from([bytes([code]) for code in FRONTEND_TYPES])
frames = st.builds(frame, types, st.binary(max_size=40))
text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
cuts = st.lists(st.integers(0, 400), max_size=8)


def pieces(stream, cuts):
    """The stream as the network might cut it."""
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    return [stream[start:end] for start, end in pairwise(edges)]


def read(chunks, limit=1000):
    reader = FrameReader(limit=limit)
    return [item for chunk in chunks for item in reader.feed(chunk)]


def scan(chunks, wanted):
    scanner = Scanner(wanted)
    return [item for chunk in chunks for item in scanner.feed(chunk)]


@given(st.lists(frames, max_size=8), st.binary(max_size=20), cuts)
def test_where_the_network_cuts_the_bytes_never_changes_the_frames(sent, rubbish, cuts):
    stream = b"".join(sent) + rubbish

    assert read(pieces(stream, cuts)) == read([stream])


@given(st.lists(frames, max_size=8), cuts)
def test_every_whole_frame_arrives_as_it_was_sent(sent, cuts):
    stream = b"".join(sent)

    assert [item.raw for item in read(pieces(stream, cuts))] == sent


@given(
    st.lists(frames, max_size=4), st.sampled_from([b"\x00\0\0\0\4", b"Q\0\0\0\3", b"Q\x7f\0\0\0"])
)
def test_frames_before_a_violation_are_not_lost_and_nothing_comes_after_it(sent, violation):
    found = read([b"".join(sent) + violation + frame(b"Q", b"late\0")])

    assert [item.raw for item in found[:-1]] == sent
    assert isinstance(found[-1], Violation)


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_rubbish_never_makes_the_reader_raise(chunks):
    found = read(chunks)

    assert sum(isinstance(item, Violation) for item in found) <= 1


@given(st.lists(frames, max_size=8), cuts, st.sampled_from([b"", b"Q", b"QPB", bytes(range(256))]))
def test_the_scanner_passes_every_byte_once_and_takes_wanted_frames_whole(sent, cuts, wanted):
    found = scan(pieces(b"".join(sent), cuts), wanted)

    everything = b"".join(item.raw if isinstance(item, Frame) else item for item in found)
    assert everything == b"".join(sent)
    taken = [item.raw for item in found if isinstance(item, Frame)]
    assert taken == [raw for raw in sent if raw[0] in wanted]


@given(st.dictionaries(text, text, max_size=5))
def test_a_startup_message_says_what_was_encoded(parameters):
    packet = startup.encode(parameters)

    found = startup.parse(packet)
    assert startup.length_of(packet) == len(packet)
    assert found == startup.StartupMessage(major=3, minor=0, parameters=parameters)


@given(st.binary(min_size=8, max_size=200))
def test_no_packet_makes_the_startup_parser_raise(packet):
    startup.length_of(packet)
    startup.parse(packet)


@given(st.dictionaries(st.sampled_from("SVCMDHPW"), text, min_size=1))
def test_fields_come_back_as_they_were_sent(fields):
    assert messages.fields_of(messages.fields_message(b"E", fields)[5:]) == fields


@given(st.sampled_from([b"Q", b"P"]), st.binary(max_size=40), st.binary(max_size=20))
def test_replacing_a_statement_changes_nothing_else(kind, body, sql):
    message = Frame(kind[0], frame(kind, body))
    sql = sql.replace(b"\0", b"")

    found = messages.statement_of(message)
    replaced = messages.with_statement(message, sql)
    if found is None:
        assert replaced == message.raw
    else:
        assert messages.statement_of(Frame(kind[0], replaced)) == sql
        assert messages.with_statement(Frame(kind[0], replaced), found) == message.raw


@given(text)
def test_a_literal_is_one_token_whatever_it_holds(content):
    (found,) = tokens(messages.literal(content).encode())

    assert found.kind is Kind.OTHER
