import socket
import threading

import pytest

from vela.dsql.connection import bounded, resolve
from vela.dsql.deadline import Deadline


class Late(Exception):
    pass


def exchange():
    """A generator as psycopg's: says what it waits for, hears what is ready, returns an answer."""
    heard = [(yield "read"), (yield "write")]
    return heard


def patient():
    """Cleans up when it is told that it is too late."""
    try:
        yield "read"
    except Late:
        return "cleaned up"


def answer(gen, *ready):
    try:
        next(gen)
        for event in ready:
            gen.send(event)
    except StopIteration as done:
        return done.value
    return None


def test_before_the_deadline_nothing_is_changed():
    assert answer(bounded(exchange(), Deadline.after(60), Late), "r", "w") == ["r", "w"]


def test_an_exchange_that_needs_no_wait_gives_its_answer():
    def nothing_to_wait_for():
        yield from ()
        return "at once"

    assert answer(bounded(nothing_to_wait_for(), Deadline.after(0), Late)) == "at once"


def test_at_the_deadline_the_exchange_ends():
    with pytest.raises(Late):
        answer(bounded(exchange(), Deadline.after(0), Late), "r")


def test_an_exchange_that_cleans_up_keeps_its_own_answer():
    assert answer(bounded(patient(), Deadline.after(0), Late), "r") == "cleaned up"


def test_a_name_gives_each_of_its_addresses_once():
    assert resolve("127.0.0.1", 5432, Deadline.after(5)) == ["127.0.0.1"]


def test_a_name_that_does_not_exist_is_told_as_the_system_tells_it():
    with pytest.raises(socket.gaierror):
        resolve("name.invalid", 5432, Deadline.after(5))


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch):
    hang = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hang.wait(60) and [])

    try:
        with pytest.raises(socket.gaierror, match="no name server answered in time"):
            resolve("slow.example.com", 5432, Deadline.after(0.01))
    finally:
        hang.set()
