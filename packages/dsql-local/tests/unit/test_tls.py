"""Certificates: made once, renewed in time, and good for what they are for only."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from dsql_local.errors import KeysCorrupt
from dsql_local.server import tls

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NAMES = tls.host_patterns("us-east-1", "a1b2")


@pytest.fixture
def files(tmp_path):
    made = tls.Files(directory=tmp_path / "tls")
    tls.provide(made, NAMES, NOW)
    return made


def certificate(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_certificate_covers_the_public_and_the_private_host_of_every_cluster(files):
    shown = certificate(files.certificate)
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    expected = ["*.dsql.us-east-1.on.aws", "*.dsql-a1b2.us-east-1.on.aws"]
    assert names.get_values_for_type(x509.DNSName) == expected


def test_keys_are_for_their_owner_alone(files):
    modes = {p.name: p.stat().st_mode & 0o777 for p in files.directory.iterdir()}

    assert modes == {"ca.pem": 0o644, "ca.key": 0o600, "server.pem": 0o600}


def test_the_authority_may_sign_for_on_aws_only(files):
    found = certificate(files.authority).extensions
    limits = found.get_extension_for_class(x509.NameConstraints)

    assert limits.critical
    assert limits.value.permitted_subtrees == [x509.DNSName("on.aws")]
    assert found.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_what_is_good_is_kept(files):
    before = {p: p.read_bytes() for p in files.directory.iterdir()}

    tls.provide(files, NAMES, NOW + timedelta(days=300))

    assert {p: p.read_bytes() for p in files.directory.iterdir()} == before


def test_near_its_end_the_certificate_is_renewed_and_the_authority_stays(files):
    authority, later = files.authority.read_bytes(), NOW + timedelta(days=370)

    tls.provide(files, NAMES, later)

    assert files.authority.read_bytes() == authority
    assert certificate(files.certificate).not_valid_after_utc == later + tls.CERTIFICATE_LIFE


def test_another_region_gets_another_certificate(files):
    tls.provide(files, tls.host_patterns("eu-west-1", "a1b2"), NOW)

    assert b"eu-west-1" in certificate(files.certificate).subject.public_bytes()


def test_an_authority_that_would_not_outlive_a_certificate_is_replaced(files):
    later = NOW + tls.AUTHORITY_LIFE - timedelta(days=100)
    tls.provide(files, NAMES, later)

    assert certificate(files.authority).not_valid_after_utc == later + tls.AUTHORITY_LIFE
    certificate(files.certificate).verify_directly_issued_by(certificate(files.authority))


def test_a_certificate_of_another_authority_is_replaced(files, tmp_path):
    other = tls.Files(directory=tmp_path / "other")
    tls.provide(other, NAMES, NOW)
    files.certificate.write_bytes(other.certificate.read_bytes())

    tls.provide(files, NAMES, NOW)

    certificate(files.certificate).verify_directly_issued_by(certificate(files.authority))


def test_a_key_that_is_not_the_authoritys_is_refused(files, tmp_path):
    other = tls.Files(directory=tmp_path / "other")
    tls.provide(other, NAMES, NOW)
    files.authority_key.write_bytes(other.authority_key.read_bytes())

    with pytest.raises(KeysCorrupt, match="the key is not the certificate's"):
        tls.provide(files, NAMES, NOW)
