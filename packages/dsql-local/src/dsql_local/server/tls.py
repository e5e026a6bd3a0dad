"""The certificate authority of one data directory, and the certificate its server shows.

Law: what is on disk is used while it is whole, fits the names and is not near its end; else the
certificate is issued anew. The authority stays, since clients were told to trust it, and may sign
for nothing but names below ``on.aws``.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dsql_local.atomic import write_atomically, write_private
from dsql_local.errors import KeysCorrupt

# ECDSA P-256: a handshake costs half of what RSA-2048 costs.
CURVE = ec.SECP256R1()
AUTHORITY_LIFE = timedelta(days=3650)
# The longest that the strictest client (Apple's) accepts is 398 days.
CERTIFICATE_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
# Certificates are good from a while ago, for clients whose clock is behind.
BACKDATED = timedelta(days=1)
ALPN = "postgresql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority: its key and its own certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the keys and certificates of one data directory are."""

    directory: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate: what clients trust."""
        return self.directory / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """The authority's key."""
        return self.directory / "ca.key"

    @property
    def certificate(self) -> Path:
        """The server's certificate and key."""
        return self.directory / "server.pem"


def host_patterns(region: str, suffix: str) -> tuple[str, str]:
    """The names a server stands for: the public and the private one of every cluster."""
    return f"*.dsql.{region}.on.aws", f"*.dsql-{suffix}.{region}.on.aws"


def provide(files: Files, names: Sequence[str], now: datetime) -> None:
    """Make or renew what is missing or near its end."""
    files.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    authority = _authority(files, now)
    if not _serves(files.certificate, authority, names, now):
        _issue(files.certificate, authority, names, now)


def server_context(files: Files) -> ssl.SSLContext:
    """What the server needs to speak TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate)
    context.set_alpn_protocols([ALPN])
    return context


def _authority(files: Files, now: datetime) -> Authority:
    if not files.authority.exists():
        return _found(files, now)
    try:
        key = serialization.load_pem_private_key(files.authority_key.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate(files.authority.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise _corrupt(files, str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or _spki(key) != _spki(certificate):
        raise _corrupt(files, "the key is not the certificate's")
    if now > certificate.not_valid_after_utc - CERTIFICATE_LIFE:
        return _found(files, now)
    return Authority(key=key, certificate=certificate)


def _corrupt(files: Files, reason: str) -> KeysCorrupt:
    return KeysCorrupt(
        f"the keys in {files.directory} cannot be used: {reason}",
        fix="Remove that directory; the next start makes new ones, and clients need the new ca.pem.",
    )


def _spki(of: ec.EllipticCurvePrivateKey | x509.Certificate) -> bytes:
    return of.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _found(files: Files, now: datetime) -> Authority:
    key = ec.generate_private_key(CURVE)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dsql-local")])
    limits = x509.NameConstraints(
        permitted_subtrees=[x509.DNSName("on.aws")], excluded_subtrees=None
    )
    certificate = (
        _builder(name, name, key, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(limits, critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(files.authority_key, _pem_of_key(key))
    write_atomically(files.authority, _pem(certificate), mode=0o644)
    return Authority(key=key, certificate=certificate)


def _issue(path: Path, authority: Authority, names: Sequence[str], now: datetime) -> None:
    key = ec.generate_private_key(CURVE)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        _builder(subject, authority.certificate.subject, key, now, CERTIFICATE_LIFE)
        .add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    write_private(path, _pem(certificate) + _pem_of_key(key))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _serves(path: Path, authority: Authority, names: Sequence[str], now: datetime) -> bool:
    """Whether the certificate at *path* can still be shown."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        certificate.verify_directly_issued_by(authority.certificate)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        load = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain
        load(path)  # the key is there and is the certificate's
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound, InvalidSignature):
        return False
    same = found.value.get_values_for_type(x509.DNSName) == list(names)
    return same and now < certificate.not_valid_after_utc - RENEW_BEFORE


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
