"""What a server leaves behind, and what it makes of what it finds."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

import dsql_local
from dsql_local.postgres import account, binaries, elsewhere, place, process, template

COMMAND = (sys.executable, "-m", "dsql_local")
# Where this interpreter finds packages, for another interpreter of the same version.
PACKAGES = [str(Path(dsql_local.__file__).parents[1]), str(Path(psycopg.__file__).parents[1])]
AS_ROOT = os.geteuid() == 0


def postmasters(data_dir):
    """Ids of the PostgreSQL servers whose data lies below this directory."""
    found = []
    home = str((data_dir / "postgres").resolve())
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if entry.name.isdecimal() and f"-D {home}/" in line:
                found.append(int(entry.name))
    return found


def failing(data_dir, *options, env=None):
    """Run a server that cannot start: its exit code and the one line it says."""
    ended = subprocess.run(
        [*COMMAND, "serve", "--data-dir", data_dir, "--port", "0", *options],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | (env or {}),
        check=False,
    )
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("dsql-local: ")
    assert postmasters(data_dir) == []
    return ended.returncode, lines[0]


def write(server, rows):
    with server.cluster.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS t (a int)")
        connection.execute("INSERT INTO t SELECT generate_series(1, %s)", (rows,))


def rows(server):
    with server.cluster.connect() as connection:
        return connection.execute("SELECT count(*) FROM t").fetchone()


def test_stopping_leaves_nothing_running_and_keeps_the_data(serve, data_dir):
    with serve(data_dir) as server:
        write(server, 10)
        endpoint, sockets = server.facts.endpoint, Path(place.settle(data_dir).sockets)
        assert server.stop() == 0
        assert postmasters(data_dir) == []
        assert not (data_dir / "ready.json").exists()
        assert not sockets.exists()

    with serve(data_dir) as again:
        assert again.facts.endpoint == endpoint
        assert rows(again) == (10,)


def test_an_open_session_is_told_that_the_server_stops(serve, data_dir):
    with serve(data_dir) as server, server.cluster.connect() as connection:
        server.stop()

        with pytest.raises(psycopg.errors.AdminShutdown):
            connection.execute("SELECT 1")


def test_killing_everything_loses_nothing_that_was_acknowledged(serve, data_dir):
    with serve(data_dir) as server:
        cluster = server.create_cluster()
        caller = server.identity("caller")
        with cluster.connect() as connection:
            connection.execute("CREATE ROLE app WITH LOGIN")
            connection.execute(f"AWS IAM GRANT app TO '{caller.principal}'")
            connection.execute("CREATE TABLE t (a int)")
            for number in range(50):
                connection.execute("INSERT INTO t VALUES (%s)", (number,))
            os.kill(server.process.pid, signal.SIGKILL)
            for pid in postmasters(data_dir):
                os.kill(pid, signal.SIGKILL)
        server.process.wait()

    with serve(data_dir) as again:
        found = again._cluster(cluster.identifier)
        with found.connect() as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (50,)
            mapped = connection.execute("SELECT arn FROM sys.iam_pg_role_mappings").fetchall()
            assert mapped == [(caller.principal,)]


def test_postgresql_does_not_outlive_a_killed_server(serve, data_dir, eventually):
    with serve(data_dir) as server:
        assert postmasters(data_dir)
        server.stop(signal.SIGKILL)

        eventually(lambda: not postmasters(data_dir), "the end of PostgreSQL")


def test_a_postgresql_left_running_is_stopped_by_the_next_server(serve, data_dir):
    with serve(data_dir) as server:
        write(server, 3)
        (postmaster,) = postmasters(data_dir)
        command = Path(f"/proc/{postmaster}/cmdline").read_bytes().decode().split("\0")[:-1]
        server.stop()
    (option,) = [each for each in command if each.startswith("unix_socket_directories=")]
    sockets = Path(option.partition("=")[2])
    sockets.mkdir(parents=True)
    sockets.parent.chmod(0o711)
    account.give(sockets, account.unprivileged())
    left = process.spawn(
        command,
        account=account.unprivileged(),
        death_signal=signal.SIGCONT,
        output=subprocess.DEVNULL,
    )
    try:
        claim = Path(command[2]) / "postmaster.pid"
        while not claim.exists() or "ready" not in claim.read_text():
            assert left.poll() is None

        with serve(data_dir) as again:
            assert rows(again) == (3,)
            assert left.wait(30) is not None
    finally:
        left.kill()
        left.wait()


def test_a_claim_by_an_unrelated_process_is_not_believed(serve, data_dir):
    with serve(data_dir) as server:
        write(server, 4)
        identifier = server.cluster.identifier
    claim = (data_dir / "postgres").resolve() / identifier / "postmaster.pid"
    claim.write_text(f"{os.getpid()}\n{claim.parent}\n")

    with serve(data_dir) as again:
        assert rows(again) == (4,)


def test_postgresql_is_started_again_when_it_was_killed(serve, data_dir, eventually):
    with serve(data_dir) as server:
        write(server, 5)
        for pid in postmasters(data_dir):
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not postmasters(data_dir), "the end of PostgreSQL")

        assert rows(server) == (5,)


def test_a_tidied_directory_for_temporary_files_stops_no_cluster_from_starting(serve, data_dir):
    with serve(data_dir) as server:
        shutil.rmtree(place.settle(data_dir).sockets)

        with server.create_cluster().connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_clusters_are_apart(serve, data_dir):
    with serve(data_dir) as server:
        one, other = server.create_cluster(), server.create_cluster()
        with one.connect() as connection:
            connection.execute("CREATE ROLE app WITH LOGIN")
            connection.execute("CREATE TABLE t (a int)")
        with other.connect() as connection:
            connection.execute("CREATE ROLE app WITH LOGIN")
            assert connection.execute("SELECT to_regclass('t')").fetchone() == (None,)
        with pytest.raises(psycopg.OperationalError, match="access denied"):
            other.connect(password=one.token(server.owner))

        server.delete_cluster(one)
        with pytest.raises(psycopg.OperationalError, match="no cluster has the endpoint"):
            one.connect()
        assert not [
            path for path in (data_dir / "postgres").iterdir() if one.identifier in path.name
        ]
        assert len(postmasters(data_dir)) == 2


def test_a_port_in_use_is_named(data_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, line = failing(data_dir, "--port", str(port))

    assert code != 0
    assert f"127.0.0.1:{port}" in line
    assert "--port" in line


def test_a_second_server_on_the_same_directory_is_told_of_the_first(serve, data_dir):
    with serve(data_dir) as server:
        ended = subprocess.run(
            [*COMMAND, "serve", "--data-dir", data_dir, "--port", "0"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode != 0
        assert f"process {server.process.pid} serves {data_dir} already" in ended.stderr
        assert rows_of_nothing(server) == (1,)


def rows_of_nothing(server):
    with server.cluster.connect() as connection:
        return connection.execute("SELECT 1").fetchone()


@pytest.mark.parametrize(
    "damage",
    [
        lambda cluster: (cluster / "PG_VERSION").unlink(),
        lambda cluster: (cluster / "global" / "pg_control").write_bytes(b"\0" * 8192),
        lambda cluster: shutil.rmtree(cluster / "base"),
        lambda cluster: (cluster / "postgresql.conf").write_text("no such setting = 1"),
        lambda cluster: shutil.rmtree(cluster / "pg_wal"),
    ],
    ids=["PG_VERSION", "pg_control", "base", "postgresql.conf", "pg_wal"],
)
def test_damaged_data_is_named_and_nothing_is_touched(serve, data_dir, damage):
    with serve(data_dir) as server:
        directory = (data_dir / "postgres").resolve() / server.cluster.identifier
    damage(directory)
    before = sorted(path.name for path in directory.iterdir())

    code, line = failing(data_dir)

    assert code != 0
    assert str(directory) in line
    assert "Restore" in line
    assert sorted(path.name for path in directory.iterdir()) == before


@pytest.fixture
def stopped(serve, data_dir):
    """The directory of a cluster that is not the stand-alone one, nothing running."""
    with serve(data_dir) as server:
        cluster = server.create_cluster()
        cluster.connect().close()
        return (data_dir / "postgres").resolve() / cluster.identifier


@pytest.mark.parametrize(
    ("part", "content"), [("global/pg_control", b""), ("PG_VERSION", b"garbage")]
)
def test_damage_that_can_be_seen_is_seen_before_anything_is_served(
    data_dir, stopped, part, content
):
    (stopped / part).write_bytes(content)

    code, line = failing(data_dir)

    assert code != 0
    assert part in line
    assert f"cluster {stopped.name}" in line


def test_data_of_another_version_are_not_served_as_if_they_were_of_this(data_dir, stopped):
    made = stopped / template.MADE
    made.write_text(made.read_text().replace('"key": "', '"key": "0'))

    code, line = failing(data_dir)

    assert code != 0
    assert "of another version of dsql-local" in line
    assert "purge" in line


def test_data_that_tell_no_version_are_of_another(data_dir, stopped):
    (stopped / template.MADE).unlink()

    assert "of another version of dsql-local" in failing(data_dir)[1]


@pytest.mark.parametrize(
    "damage",
    [
        lambda made: (made / "global" / "pg_control").write_bytes(b""),
        lambda made: (made / "base" / "5" / "PG_VERSION").unlink(),
        lambda made: (made / template.MADE).write_text("{"),
    ],
    ids=["cut off", "missing", "its own account"],
)
def test_a_damaged_template_is_made_again(serve, data_dir, tmp_path, damage):
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    with serve(data_dir, env=environment):
        pass
    (made,) = tmp_path.glob("dsql-local/template-*")
    damage(made)

    with serve(data_dir, env=environment) as server:
        server.create_cluster().connect().close()

    assert template.is_whole(made)


def test_damage_postgresql_finds_is_told_to_the_client_in_one_line(serve, data_dir, stopped):
    (stopped / "global" / "pg_control").write_bytes(b"\0" * 8192)

    with serve(data_dir) as server:
        assert rows_of_nothing(server) == (1,)
        with server._cluster(stopped.name).raw() as wire:
            wire.start(server._cluster(stopped.name).token(server.owner))
            refused = wire.error()

    assert refused["S"] == "FATAL"
    assert f"the data of cluster {stopped.name}" in refused["M"]
    assert "\n" not in refused["M"]


@pytest.mark.parametrize("name", ["registry/state", "tls/ca.key", "tls/ca.pem"])
def test_a_damaged_file_is_named(serve, data_dir, name):
    with serve(data_dir):
        pass
    (data_dir / name).write_text("damaged")

    code, line = failing(data_dir)

    assert code != 0
    assert str((data_dir / name).parent) in line


def test_a_damaged_server_certificate_is_issued_anew(serve, data_dir):
    with serve(data_dir):
        pass
    (data_dir / "tls" / "server.pem").write_text("damaged")

    with serve(data_dir) as again:
        assert rows_of_nothing(again) == (1,)


def test_a_data_directory_that_is_a_file_is_named(data_dir):
    target = data_dir / "file"
    target.touch()

    code, line = failing(target)

    assert code != 0
    assert str(target) in line


MOMENTS = {
    "at once": "lock",
    "while initdb runs": "postgres/template.*/PG_VERSION",
    "when the template is nearly made": "postgres/template.*/postgresql.auto.conf",
    "while the template is copied": "postgres/*.partial",
    "while PostgreSQL starts": "postgres/*.log",
    "when it is ready": "ready.json",
}


@pytest.mark.parametrize("pattern", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_at_any_moment(serve, data_dir, tmp_path, pattern, number):
    cold = {"XDG_CACHE_HOME": str(tmp_path)}
    command = [*COMMAND, "serve", "--data-dir", data_dir, "--port", "0"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | cold
    ) as started:
        while started.poll() is None and not list(data_dir.glob(pattern)):
            pass
        started.send_signal(number)
        _, said = started.communicate(timeout=60)

    assert started.returncode == (130 if number == signal.SIGINT else 0)
    assert "Traceback" not in said
    assert postmasters(data_dir) == []
    assert not list(data_dir.glob("ready.json"))
    assert not list(data_dir.glob("postgres/*.partial"))
    assert not list(data_dir.glob("postgres/template.*"))
    with serve(data_dir, env=cold) as again:
        assert rows_of_nothing(again) == (1,)


@pytest.mark.skipif(not AS_ROOT, reason="a small file system can be mounted by root only")
@pytest.mark.parametrize("template", ["none yet", "made"])
def test_a_full_disk_is_named(data_dir, tmp_path, template):
    environment = {} if template == "made" else {"XDG_CACHE_HOME": str(tmp_path)}
    small = data_dir / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=711", "tmpfs", str(small)]
    if subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        code, line = failing(small / "data", env=environment)
    finally:
        place.forget(small / "data")
        subprocess.run(["umount", str(small)], check=True)

    assert code != 0
    assert "no space is left" in line
    assert len(line) < 1000


@pytest.mark.skipif(not AS_ROOT, reason="only root changes to another account")
def test_postgresql_is_unprivileged_even_when_started_by_root(serve, data_dir):
    with serve(data_dir):
        (postmaster,) = postmasters(data_dir)
        status = Path(f"/proc/{postmaster}/status").read_text()

    uids, groups = (
        next(x for x in status.splitlines() if x.startswith(k)) for k in ("Uid", "Groups")
    )
    expected = account.unprivileged()
    assert expected
    assert "0" not in uids.split()[1:]
    assert groups.split()[1:] in ([], [str(expected.gid)])


@pytest.mark.skipif(not AS_ROOT, reason="only root's directories are closed to PostgreSQL")
def test_data_below_a_closed_directory_of_roots_is_kept_elsewhere_and_purged(serve):
    with tempfile.TemporaryDirectory() as closed:  # mode 700
        data_dir = Path(closed) / "data"
        data_dir.mkdir()
        with serve(data_dir) as server:
            write(server, 6)
            other_half = (data_dir / "postgres").resolve()
            assert other_half.parent == elsewhere.SYSTEM
            assert str(other_half) in server.said()
        with serve(data_dir) as again:
            assert rows(again) == (6,)

        again.output.unlink()
        subprocess.run([*COMMAND, "purge", "--data-dir", data_dir], check=True)
        assert not data_dir.exists()
        assert not other_half.exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root's directories are closed to PostgreSQL")
def test_programs_below_a_closed_directory_of_roots_are_run_from_elsewhere(serve, data_dir):
    with tempfile.TemporaryDirectory() as closed:  # mode 700
        package = binaries.installed().parent
        inner = shutil.ignore_patterns("pginstall18", "include", "*.a")
        shutil.copytree(package, Path(closed) / package.name, symlinks=True, ignore=inner)
        paths = os.pathsep.join([closed, *PACKAGES])
        with serve(data_dir, env={"PYTHONPATH": paths}) as server:
            (postmaster,) = postmasters(data_dir)
            program = Path(f"/proc/{postmaster}/exe").readlink()
            assert rows_of_nothing(server) == (1,)

    assert program.is_relative_to(elsewhere.SYSTEM)


def test_it_serves_where_uvloop_is_missing(serve, data_dir):
    (data_dir / "uvloop.py").write_text("raise ImportError('not here')\n")
    paths = os.pathsep.join([str(data_dir), *PACKAGES])

    with serve(data_dir, env={"PYTHONPATH": paths}) as server:
        write(server, 7)
        assert rows(server) == (7,)
        with pytest.raises(psycopg.OperationalError, match="SSL is mandatory"):
            server.cluster.connect(sslmode="disable")


def test_a_server_that_is_stopped_while_a_cluster_starts_leaves_nothing(serve, data_dir):
    with serve(data_dir) as server:
        cluster = server.create_cluster()
        with cluster.raw() as wire:
            wire.start(cluster.token(server.owner))
            assert server.stop() == 0
    assert postmasters(data_dir) == []


@pytest.mark.skipif(not AS_ROOT, reason="only root can become somebody else")
def test_it_serves_for_an_ordinary_user(data_dir):
    user = account.unprivileged()
    assert user
    home = data_dir / "home"
    home.mkdir()
    os.chown(home, user.uid, user.gid)
    become = ["setpriv", f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    interpreters = (
        Path(sys.executable),
        Path("/usr/bin", version),
        Path("/usr/local/bin", version),
    )
    usable = [str(p) for p in interpreters if p.exists() and user.passes(p.resolve().parent)]
    if (
        shutil.which("setpriv") is None
        or not usable
        or not all(user.passes(Path(p)) for p in PACKAGES)
    ):
        pytest.skip("another user cannot run an interpreter with these packages")
    own = home / "data"
    with (data_dir / "output.txt").open("wb") as log:
        started = subprocess.Popen(
            [*become, usable[0], "-m", "dsql_local", "serve", "--data-dir", own, "--port", "0"],
            stdout=log,
            stderr=log,
            env={"PATH": os.defpath, "HOME": str(home), "PYTHONPATH": os.pathsep.join(PACKAGES)},
            cwd="/",
        )
        try:
            while not (own / "ready.json").exists():
                assert started.poll() is None, (data_dir / "output.txt").read_text()
            facts = json.loads((own / "ready.json").read_text())
            assert stat.S_IMODE(own.stat().st_mode) == 0o700
            assert facts["pid"] == started.pid
        finally:
            started.terminate()
            assert started.wait(60) == 0
            place.forget(own)
