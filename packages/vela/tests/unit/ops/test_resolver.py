"""The Internet's resolver, against a real name server on loopback."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.reversename
import dns.rrset
import pytest

from vela.ops.facts.dns import LeadsTo, leads_to
from vela.ops.facts.resolver import InternetResolver

OTHER = "d222222abcdef8.cloudfront.net"
EDGE = "192.0.2.10"
#: Name and type -> value. A CNAME is followed by the server, as recursive ones do.
RECORDS: Mapping[tuple[str, str], str] = {
    ("www.example.com.", "CNAME"): "cdn.example.net.",
    ("cdn.example.net.", "CNAME"): f"{OTHER}.",
    (f"{OTHER}.", "A"): EDGE,
    ("example.com.", "A"): EDGE,
    ("plain.example.com.", "A"): "192.0.2.77",
    (str(dns.reversename.from_address(EDGE)), "PTR"): "server-192-0-2-10.fra2.r.cloudfront.net.",
}


def answered(query: dns.message.Message) -> dns.message.Message:
    """Answer as a recursive name server would."""
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    name, kind = query.question[0].name.to_text(), query.question[0].rdtype.name
    if name == "broken.example.com.":
        answer.set_rcode(dns.rcode.SERVFAIL)
        return answer
    while target := RECORDS.get((name, "CNAME")):
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", target))
        name = target
    if value := RECORDS.get((name, kind)):
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, value))
    elif not any(owner == name for owner, _ in RECORDS):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer


@contextmanager
def name_server() -> Iterator[InternetResolver]:
    """Lend a resolver that asks a server of these records."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while (received := server.recvfrom(4096))[0]:
                message = answered(dns.message.from_wire(received[0]))
                server.sendto(message.to_wire(), received[1])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield InternetResolver(["127.0.0.1"], port=server.getsockname()[1])
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", server.getsockname())
            thread.join()


def test_the_names_on_the_way_are_told_in_their_order():
    with name_server() as resolver:
        answer = resolver.resolve("www.example.com")

    assert answer.chain == ("cdn.example.net", OTHER)
    assert answer.addresses == (EDGE,)
    assert leads_to(answer, "d111111abcdef8.cloudfront.net") is LeadsTo.OTHER_DISTRIBUTION


def test_an_apex_that_hides_its_target_is_known_by_its_address():
    with name_server() as resolver:
        answer = resolver.resolve("example.com")

    assert answer.chain == ()
    assert leads_to(answer, None) is LeadsTo.OTHER_DISTRIBUTION


def test_an_apex_with_an_address_of_our_own_distribution_is_ours():
    with name_server() as resolver:
        answer, front = resolver.resolve("example.com"), resolver.resolve(OTHER)

    assert leads_to(answer, OTHER, front) is LeadsTo.OURS


def test_a_host_that_is_no_edge_leads_elsewhere():
    with name_server() as resolver:
        assert leads_to(resolver.resolve("plain.example.com"), None) is LeadsTo.ELSEWHERE


def test_a_name_that_does_not_exist_has_an_answer_without_addresses():
    with name_server() as resolver:
        assert not resolver.resolve("nobody.example.com").exists


def test_a_failing_name_server_is_an_error_of_the_system():
    with name_server() as resolver, pytest.raises(OSError, match="could not be looked up"):
        resolver.resolve("broken.example.com")
