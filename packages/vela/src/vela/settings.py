"""What the access layer is told from outside.

Law: settings are parsed once, at the edge, from a mapping; every later layer may trust them.
All problems are reported together, each with the name of its variable and its cure. Nothing
here opens a connection; all that is asked of the machine is which CA bundle it has.
"""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from vela.errors import SettingsError

Connector = Literal["vela", "aws"]

DEFAULT_PORT = 5432
ENDPOINT_FORM = "<26 letters or digits>.dsql[-<suffix>].<region>.on.aws"

# Where systems keep the bundle that holds Amazon Root CA 1; the first one found is used.
# libpq's `sslrootcert=system` would ask the OpenSSL inside psycopg's wheel, which looks where
# the machine that built the wheel keeps its own.
CA_BUNDLES = (
    "/etc/pki/tls/certs/ca-bundle.crt",  # Amazon Linux 2023 and so Lambda, Fedora, RHEL
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/ssl/cert.pem",  # macOS, Alpine
    "/etc/ssl/ca-bundle.pem",  # openSUSE
)

_HOST = re.compile(r"([a-z0-9]{26})\.dsql(-[a-z0-9]+)?\.([a-z]{2,}(?:-[a-z]+)+-\d)\.on\.aws")
_ARN = re.compile(r"arn:aws[a-z-]*:dsql:([a-z0-9-]+):(\d{12}):cluster/([a-z0-9]{26})")
_ROLE = re.compile(r"[a-z_][a-z0-9_$]{0,62}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A cluster's host name, and what it says of the cluster."""

    host: str
    cluster_id: str
    region: str
    private: bool

    @classmethod
    def parse(cls, host: str) -> Self:
        """Read a public or a private (PrivateLink) host name."""
        if not (form := _HOST.fullmatch(host)):
            msg = f"{host!r} is not the host of an Aurora DSQL cluster"
            raise SettingsError(msg, f"use the form {ENDPOINT_FORM}, without scheme or port")
        cluster_id, suffix, region = form.groups()
        return cls(host=host, cluster_id=cluster_id, region=region, private=suffix is not None)

    def __str__(self) -> str:
        """Show the host."""
        return self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class DsqlSettings:
    """Which cluster to reach, as whom, and by which way."""

    endpoint: Endpoint
    role: str
    cluster_arn: str
    root_certificate: str
    database: str = "postgres"
    connector: Connector = "vela"
    vpc_endpoint_id: str | None = None
    security_group_id: str | None = None
    host_address: str | None = None
    port: int = DEFAULT_PORT

    @property
    def region(self) -> str:
        """The region is part of the host name and cannot disagree with it."""
        return self.endpoint.region

    @property
    def cluster_id(self) -> str:
        """So is the cluster's identifier."""
        return self.endpoint.cluster_id

    @classmethod
    def from_env(
        cls, env: Mapping[str, str], *, is_file: Callable[[str], bool] = os.path.isfile
    ) -> Self:
        """Parse *env*, or say everything that is wrong with it."""
        read = _Reader(env)
        endpoint = read.endpoint()
        settings = cls(
            endpoint=endpoint,
            role=read.role(),
            cluster_arn=read.cluster_arn(endpoint),
            root_certificate=read.root_certificate(is_file),
            database=env.get("DSQL_DATABASE") or "postgres",
            connector=read.connector(),
            vpc_endpoint_id=env.get("DSQL_VPC_ENDPOINT_ID") or None,
            security_group_id=env.get("DSQL_SECURITY_GROUP_ID") or None,
            host_address=read.host_address(),
            port=read.port(),
        )
        read.finish()
        return settings


@dataclass(slots=True)
class _Reader:
    """Reads one variable a method; keeps the problems and goes on, so that all are told."""

    env: Mapping[str, str]
    problems: list[SettingsError] = field(default_factory=list)

    def refuse(self, what: str, fix: str) -> None:
        self.problems.append(SettingsError(what, fix))

    def finish(self) -> None:
        """Raise what was found: one problem as it is, several as one error."""
        if not self.problems:
            return
        raise SettingsError(
            "; ".join(p.what for p in self.problems), "; ".join(p.fix for p in self.problems)
        )

    def endpoint(self) -> Endpoint:
        """DSQL_ENDPOINT, and DSQL_CLUSTER_ID where it is given, of the same cluster."""
        unknown = Endpoint(host="", cluster_id="", region="", private=False)
        if not (host := self.env.get("DSQL_ENDPOINT", "")):
            self.refuse(
                "DSQL_ENDPOINT is not set", f"set it to the cluster's host: {ENDPOINT_FORM}"
            )
            return unknown
        try:
            endpoint = Endpoint.parse(host)
        except SettingsError as error:
            self.refuse(f"DSQL_ENDPOINT: {error.what}", error.fix)
            return unknown
        if (given := self.env.get("DSQL_CLUSTER_ID")) and given != endpoint.cluster_id:
            self.refuse(
                f"DSQL_CLUSTER_ID is {given!r}, but DSQL_ENDPOINT is of {endpoint.cluster_id!r}",
                "take both from the same cluster",
            )
        return endpoint

    def cluster_arn(self, endpoint: Endpoint) -> str:
        """DSQL_CLUSTER_ARN of the endpoint's cluster; only advice needs it, so it may be absent."""
        if not (arn := self.env.get("DSQL_CLUSTER_ARN", "")):
            return f"arn:aws:dsql:{endpoint.region}:*:cluster/{endpoint.cluster_id}"
        if not (form := _ARN.fullmatch(arn)):
            self.refuse(
                f"DSQL_CLUSTER_ARN: {arn!r} is not the ARN of an Aurora DSQL cluster",
                "use the form arn:aws:dsql:<region>:<account>:cluster/<identifier>",
            )
        elif endpoint.host and (form[1], form[3]) != (endpoint.region, endpoint.cluster_id):
            self.refuse(
                f"DSQL_CLUSTER_ARN is {arn!r}, but DSQL_ENDPOINT is {endpoint.host!r}",
                "take both from the same cluster",
            )
        return arn

    def role(self) -> str:
        """DSQL_DATABASE_ROLE: ``admin`` or a custom role."""
        role = self.env.get("DSQL_DATABASE_ROLE", "")
        if not role:
            self.refuse("DSQL_DATABASE_ROLE is not set", "set it to a database role: vela_api")
        elif not _ROLE.fullmatch(role):
            self.refuse(
                f"DSQL_DATABASE_ROLE: {role!r} is not the name of a database role",
                "use lower-case letters, digits and underscores, as in vela_api",
            )
        return role

    def connector(self) -> Connector:
        """DSQL_CONNECTOR: who signs the token and opens the connection."""
        match self.env.get("DSQL_CONNECTOR") or "vela":
            case "vela":
                return "vela"
            case "aws":
                return "aws"
            case other:
                self.refuse(f"DSQL_CONNECTOR is {other!r}", "set it to vela or aws, or not at all")
                return "vela"

    def root_certificate(self, is_file: Callable[[str], bool]) -> str:
        """PGSSLROOTCERT, or the bundle of CAs this system trusts."""
        if given := self.env.get("PGSSLROOTCERT"):
            if not is_file(given):
                self.refuse(
                    f"PGSSLROOTCERT: there is no file {given!r}",
                    "name a PEM file of trusted CAs, or unset it to trust this system's",
                )
            return given
        if found := next(filter(is_file, CA_BUNDLES), None):
            return found
        self.refuse(
            f"no bundle of trusted CAs was found ({', '.join(CA_BUNDLES)})",
            "install ca-certificates, or set PGSSLROOTCERT to a PEM file that has Amazon Root CA 1",
        )
        return ""

    def host_address(self) -> str | None:
        """PGHOSTADDR: connect here without asking any name server."""
        if not (given := self.env.get("PGHOSTADDR")):
            return None
        try:
            return str(ipaddress.ip_address(given))
        except ValueError:
            self.refuse(f"PGHOSTADDR: {given!r} is not an IP address", "set one address, or none")
            return None

    def port(self) -> int:
        """PGPORT: 5432 on AWS."""
        given = self.env.get("PGPORT") or str(DEFAULT_PORT)
        if given.isascii() and given.isdigit() and 0 < int(given[:6]) <= 65535:  # noqa: PLR2004  the largest port
            return int(given)
        self.refuse(f"PGPORT: {given!r} is not a port", "set a number from 1 to 65535, or none")
        return DEFAULT_PORT
