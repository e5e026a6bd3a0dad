"""Laws of names: which certificate covers which, and what DNS answers for which."""

from hypothesis import given
from hypothesis import strategies as st

from vela.ops.facts.certificate import covers
from vela.ops.facts.dns import Answer, LeadsTo, Zone, leads_to, zone_of
from vela.ops.facts.machine import version

labels = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
names = st.lists(labels, min_size=2, max_size=4).map(".".join)


@given(names)
def test_a_certificate_covers_its_own_name_in_any_case(name):
    assert covers(name, name.upper())
    assert covers(f"{name}.", name)


@given(names, labels)
def test_a_wildcard_covers_exactly_one_label(parent, label):
    assert covers(f"*.{parent}", f"{label}.{parent}")
    assert not covers(f"*.{parent}", parent)
    assert not covers(f"*.{parent}", f"more.{label}.{parent}")


@given(names, names)
def test_a_name_covers_no_other(name, other):
    assert covers(name, other) == (name == other)


@given(names, labels)
def test_a_name_is_never_covered_by_its_suffix_without_a_dot(name, label):
    assert not covers(f"*.{name}", f"{label}{name}")


@given(names, labels, labels)
def test_a_name_leads_to_us_exactly_if_its_chain_ends_in_our_distribution(name, ours, theirs):
    front, other = f"{ours}.cloudfront.net", f"{theirs}x.cloudfront.net"

    assert leads_to(Answer(name=name, chain=("cdn.example.net", front)), front) is LeadsTo.OURS
    assert leads_to(Answer(name=name, chain=(other,)), front) is (
        LeadsTo.OURS if other == front else LeadsTo.OTHER_DISTRIBUTION
    )
    assert leads_to(Answer(name=name, chain=("cdn.example.net",)), front) is LeadsTo.ELSEWHERE
    assert leads_to(Answer(name=name), front) is LeadsTo.NOWHERE


@given(names, labels)
def test_the_nearest_zone_holds_a_name(parent, label):
    name = f"{label}.{parent}"
    zones = (Zone("far", parent), Zone("near", name), Zone("no", f"x{name}"))

    assert zone_of(name, zones) == "near"
    assert zone_of(f"www.{name}", zones) == "near"
    assert zone_of(parent, zones) == "far"
    assert zone_of(f"y{parent}", zones) is None


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=4), st.sampled_from(["", "v", ">=", "^"])
)
def test_a_version_is_read_out_of_whatever_surrounds_it(parts, before):
    assert version(before + ".".join(map(str, parts)) + "\n") == tuple(parts)
