"""The registry: what it keeps, what it refuses, and what it says of a file it cannot use."""

import dataclasses
import errno
import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from dsql_local.auth import Credential
from dsql_local.errors import (
    ClientTokenReused,
    ClusterNotFound,
    ClusterProtected,
    ClusterQuotaExceeded,
    PolicyMalformed,
    RegistryCorrupt,
    RegistryMismatch,
    RegistryNotSaved,
)
from dsql_local.server.registry import CLUSTER_QUOTA, Registry, durable

ROLE = "arn:aws:iam::111122223333:role/app"
ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
KEY = Credential(
    access_key_id="ASIAEXAMPLE",
    secret_access_key="secret",
    session_token="session",
    principal=ROLE,
    session_arn=None,
    expires_at=1000.5,
)


@pytest.fixture
def reopen(tmp_path):
    """Open the registry of this test, as after a restart."""
    return lambda **changes: Registry(
        tmp_path / "registry", **{"region": "us-east-1", "account": "111122223333", **changes}
    )


@pytest.fixture
def registry(reopen):
    return reopen()


def create(registry, **changes):
    return registry.create_cluster(**{"now": 1.0, "deletion_protection": False, **changes})


def test_a_clusters_names_follow_from_its_identifier(registry):
    cluster = create(registry)

    assert re.fullmatch("[a-z2-7]{26}", cluster.identifier)
    assert re.fullmatch("[a-z2-7]{4}", registry.suffix)
    assert cluster.arn == f"arn:aws:dsql:us-east-1:111122223333:cluster/{cluster.identifier}"
    assert cluster.public_host == f"{cluster.identifier}.dsql.us-east-1.on.aws"
    assert cluster.private_host == (f"{cluster.identifier}.dsql-{registry.suffix}.us-east-1.on.aws")
    assert cluster.hosts == {cluster.public_host, cluster.private_host}
    assert cluster.service_name == f"com.amazonaws.us-east-1.dsql-{registry.suffix}"


def test_a_new_cluster_is_active_and_protected(registry):
    cluster = registry.create_cluster(now=12.5)

    assert (cluster.status, cluster.deletion_protection) == ("ACTIVE", True)
    assert (cluster.created_at, cluster.tags) == (12.5, {})


@pytest.mark.parametrize(
    ("key", "arn"),
    [
        ("1234abcd", "arn:aws:kms:us-east-1:111122223333:key/1234abcd"),
        ("alias/mine", "arn:aws:kms:us-east-1:111122223333:alias/mine"),
        ("arn:aws:kms:us-east-1:111122223333:key/x", "arn:aws:kms:us-east-1:111122223333:key/x"),
    ],
)
def test_a_key_is_named_by_its_arn(registry, key, arn):
    assert create(registry, kms_key=key).kms_key_arn == arn


def test_clusters_are_listed_oldest_first(registry):
    made = [create(registry) for _ in range(3)]

    assert registry.list_clusters() == tuple(made)


def test_a_cluster_is_found_by_either_host_in_any_case(registry):
    cluster = create(registry)

    assert registry.cluster_by_host(cluster.public_host) == cluster
    assert registry.cluster_by_host(cluster.private_host.upper()) == cluster


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "{id}",
        "{id}.dsql.us-east-2.on.aws",
        "{id}.dsql-xxxxx.us-east-1.on.aws",
        "{id}.dsql.us-east-1.on.aws.",
        "x{id}.dsql.us-east-1.on.aws",
    ],
)
def test_no_cluster_is_found_by_another_host(registry, host):
    assert registry.cluster_by_host(host.format(id=create(registry).identifier)) is None


def test_the_same_client_token_and_request_give_the_same_cluster(registry):
    first = create(registry, client_token="t", tags={"a": "b"}, now=1)

    assert create(registry, client_token="t", tags={"a": "b"}, now=2) == first
    assert registry.list_clusters() == (first,)


def test_a_client_token_is_good_for_one_request_only(registry):
    first = create(registry, client_token="t")

    with pytest.raises(ClientTokenReused, match=first.identifier):
        create(registry, client_token="t", tags={"a": "b"})


def test_a_client_token_answers_as_long_as_the_cluster_lives_whatever_became_of_it(registry):
    first = create(registry, client_token="t")
    changed = registry.tag_cluster(first.identifier, {"a": "b"})

    assert create(registry, client_token="t") == changed
    registry.delete_cluster(first.identifier)
    assert create(registry, client_token="t").identifier != first.identifier


def test_there_is_a_quota_of_clusters(registry):
    made = [create(registry) for _ in range(CLUSTER_QUOTA)]

    with pytest.raises(ClusterQuotaExceeded, match="You have reached the cluster limit"):
        create(registry)
    registry.delete_cluster(made[0].identifier)
    create(registry)


def test_settings_change_only_as_asked(registry):
    cluster = create(registry, kms_key="k1")

    assert registry.update_cluster(cluster.identifier, deletion_protection=True) == (
        registry.get_cluster(cluster.identifier)
    )
    changed = registry.update_cluster(cluster.identifier, kms_key="k2")

    assert (changed.deletion_protection, changed.kms_key) == (True, "k2")


def test_a_protected_cluster_is_not_deleted(registry):
    cluster = create(registry, deletion_protection=True)

    with pytest.raises(ClusterProtected):
        registry.delete_cluster(cluster.identifier)
    assert registry.get_cluster(cluster.identifier) == cluster


def test_tags_are_added_replaced_and_taken_off(registry):
    cluster = create(registry, tags={"a": "1", "b": "1"})

    registry.tag_cluster(cluster.identifier, {"b": "2", "c": "2"})
    changed = registry.untag_cluster(cluster.identifier, ["a", "never there"])

    assert changed.tags == {"b": "2", "c": "2"}


def test_a_cluster_sleeps_and_wakes(registry):
    cluster = create(registry)

    assert registry.set_status(cluster.identifier, "INACTIVE").status == "INACTIVE"
    assert registry.set_status(cluster.identifier, "ACTIVE") == cluster


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("get_cluster", {}),
        ("update_cluster", {"deletion_protection": True}),
        ("delete_cluster", {}),
        ("set_status", {"status": "ACTIVE"}),
        ("tag_cluster", {"tags": {}}),
        ("untag_cluster", {"keys": []}),
    ],
)
def test_what_does_not_exist_is_not_found(registry, method, arguments):
    with pytest.raises(ClusterNotFound):
        getattr(registry, method)("x", **arguments)


def test_an_unknown_principal_has_no_policies(registry):
    assert registry.policies(ROLE) == ()


def test_a_principals_policies_are_replaced_as_a_whole(registry):
    registry.put_principal(ROLE, [ALLOW, ALLOW])
    assert len(registry.policies(ROLE)) == 2

    registry.put_principal(ROLE, [ALLOW])
    assert len(registry.policies(ROLE)) == 1

    registry.delete_principal(ROLE)
    assert registry.policies(ROLE) == ()


def test_a_malformed_policy_changes_nothing(registry):
    registry.put_principal(ROLE, [ALLOW])

    with pytest.raises(PolicyMalformed):
        registry.put_principal(ROLE, [ALLOW, {"Statement": "x"}])
    assert len(registry.policies(ROLE)) == 1


def test_a_key_is_replaced_and_forgotten(registry):
    registry.put_credential(KEY)
    assert registry.credential(KEY.access_key_id) == KEY

    registry.delete_credential(KEY.access_key_id)
    assert registry.credential(KEY.access_key_id) is None


def test_forgetting_what_is_not_known_is_no_error(registry):
    registry.delete_credential("x")
    registry.delete_principal("x")


@pytest.mark.parametrize(("before", "kept"), [(1000.5, True), (1000.6, False)])
def test_keys_of_ended_sessions_can_be_dropped(registry, before, kept):
    registry.put_credential(KEY)

    registry.drop_expired_credentials(before=before)

    assert (registry.credential(KEY.access_key_id) is not None) is kept


def test_everything_is_there_after_a_restart(registry, reopen):
    cluster = create(registry, tags={"Name": "é"}, kms_key="k", client_token="t")
    registry.put_principal(ROLE, [ALLOW])
    registry.put_credential(KEY)

    again = reopen()

    assert again.list_clusters() == (cluster,)
    assert again.suffix == registry.suffix
    assert again.credential(KEY.access_key_id) == KEY
    assert len(again.policies(ROLE)) == 1


def test_threads_that_write_at_once_lose_nothing(registry, reopen):
    keys = [dataclasses.replace(KEY, access_key_id=f"KEY{number}") for number in range(40)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(registry.put_credential, keys))

    assert [reopen().credential(key.access_key_id) for key in keys] == keys


def test_what_changes_nothing_is_not_written_again(registry):
    registry.put_principal(ROLE, [ALLOW])
    registry.put_credential(KEY)
    written = registry.path.stat().st_ino

    registry.put_principal(ROLE, [ALLOW])
    registry.put_credential(KEY)
    registry.delete_principal("x")

    assert registry.path.stat().st_ino == written


def test_only_the_owner_may_read_the_file(registry):
    registry.put_credential(KEY)

    assert stat.S_IMODE(registry.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"region": "eu-west-1"}, "region us-east-1"),
        ({"account": "9" * 12}, "account 111122223333"),
    ],
)
def test_a_directory_of_another_region_or_account_is_refused(registry, reopen, changes, what):
    with pytest.raises(RegistryMismatch, match=what) as raised:
        reopen(**changes)

    assert str(registry.path) in raised.value.what


def test_half_a_file_left_by_a_crash_is_ignored(registry, reopen):
    registry.put_credential(KEY)
    unfinished = registry.path.with_name("state.new")
    unfinished.write_bytes(registry.path.read_bytes()[:40])

    again = reopen()
    assert again.credential(KEY.access_key_id) == KEY

    again.delete_credential(KEY.access_key_id)
    assert not unfinished.exists()


def test_a_file_with_any_byte_changed_is_refused(registry, reopen):
    registry.put_credential(KEY)
    whole = registry.path.read_bytes()

    for place in range(len(whole)):
        registry.path.write_bytes(whole[:place] + b"~" + whole[place + 1 :])
        with pytest.raises(RegistryCorrupt):
            reopen()

    registry.path.write_bytes(whole)
    assert reopen().credential(KEY.access_key_id) == KEY


def test_a_file_cut_short_anywhere_is_refused(registry, reopen):
    whole = registry.path.read_bytes()

    for length in range(len(whole)):
        registry.path.write_bytes(whole[:length])
        with pytest.raises(RegistryCorrupt) as raised:
            reopen()

        assert str(registry.path) in raised.value.what
        assert raised.value.fix


def test_a_file_of_a_newer_version_is_told_apart(registry, reopen):
    header, _, body = registry.path.read_bytes().partition(b"\n")
    registry.path.write_bytes(header.replace(b"registry 1", b"registry 2") + b"\n" + body)

    with pytest.raises(RegistryCorrupt, match="written by a newer dsql-local"):
        reopen()


@pytest.mark.parametrize("body", [b"[]", b"{}", b"x", b'{"region": "us-east-1", "clusters": [1]}'])
def test_a_whole_file_of_another_shape_is_refused(registry, reopen, body):
    durable.write(registry.path, body)

    with pytest.raises(RegistryCorrupt, match="its content has another shape"):
        reopen()


def test_a_directory_in_the_files_place_is_refused(registry, reopen):
    registry.path.unlink()
    registry.path.mkdir()

    with pytest.raises(RegistryCorrupt, match="cannot be read: Is a directory"):
        reopen()


def test_a_file_in_the_directorys_place_is_refused(tmp_path):
    (tmp_path / "taken").touch()

    with pytest.raises(RegistryCorrupt, match="cannot be read: Not a directory"):
        Registry(tmp_path / "taken", region="us-east-1", account="111122223333")


@pytest.mark.parametrize(
    ("code", "fix"), [(errno.ENOSPC, "free some space"), (errno.EACCES, "writable")]
)
def test_a_change_that_cannot_be_saved_has_not_happened(registry, reopen, monkeypatch, code, fix):
    registry.put_credential(KEY)

    def fail(_):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", fail)
        with pytest.raises(RegistryNotSaved, match=fix):
            registry.delete_credential(KEY.access_key_id)

    assert registry.credential(KEY.access_key_id) == KEY
    assert reopen().credential(KEY.access_key_id) == KEY
    assert [each.name for each in registry.path.parent.iterdir()] == [registry.path.name]
