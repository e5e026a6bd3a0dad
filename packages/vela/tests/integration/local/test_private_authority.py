"""An installation where the package index's certificate comes from an authority of one's own."""

import datetime as dt
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vela.errors import ToolMissing
from vela.local.emulator.installation import Installation, find_uv

ALWAYS = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def certificate(subject, key, issuer, issuer_key, *extensions):
    name, issued_by = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (subject, issuer)
    )
    builder = x509.CertificateBuilder(
        subject_name=name,
        issuer_name=issued_by,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=ALWAYS[0],
        not_valid_after=ALWAYS[1],
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    made = builder.sign(issuer_key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


class Nothing(BaseHTTPRequestHandler):
    """Knows no package."""

    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def index(tmp_path):
    """The address of an index, and the file of the authority that vouches for it."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = x509.BasicConstraints(ca=True, path_length=None)
    here = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    (tmp_path / "ca.pem").write_bytes(
        certificate("authority", authority_key, "authority", authority_key, ca)
    )
    own = certificate("localhost", key, "authority", authority_key, here)
    unsealed = serialization.NoEncryption()
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (tmp_path / "server.pem").write_bytes(own + key.private_bytes(*form, unsealed))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield f"https://localhost:{server.server_port}/simple", tmp_path / "ca.pem"
        finally:
            server.shutdown()
            serving.join()


def test_an_authority_nobody_trusts_is_told_apart_from_no_network(new_home, tmp_path, index):
    url, authority = index
    installation = Installation.below(tmp_path / "tools")
    uv = find_uv(new_home().settings.uv, {"PATH": ""})
    environment = {
        "UV_DEFAULT_INDEX": url,
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_HTTP_RETRIES": "0",
    }

    with pytest.raises(ToolMissing, match=r"not trusted \(invalid peer certificate: UnknownIssuer"):
        installation.ensure(uv, lambda _news: None, environment=environment)
    trusting = {**environment, "SSL_CERT_FILE": str(authority)}
    with pytest.raises(ToolMissing) as other:
        installation.ensure(uv, lambda _news: None, environment=trusting)

    assert "not found in the package registry" in str(other.value)
