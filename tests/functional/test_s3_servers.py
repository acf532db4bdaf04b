"""S3 as it is met in hospitals: several makes of server, wrong keys, dead endpoints, and environments full of traps."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store

from multisite.errors import ConfigError, StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage.location import CredentialReference, StoreLocation
from multisite.storage.objects import ObjectStore, ReadFailure
from multisite.storage.opening import open_store
from multisite.storage.retrying import Patience
from multisite.storage.s3 import listing as s3_listing
from multisite.storage.s3 import store as s3_store
from multisite.storage.s3.store import S3
from multisite.vocabulary import QuarantineReason
from tests.lib.faulty_s3 import Faults, faulty_s3
from tests.lib.s3_servers import ACCESS_KEY, SECRET_KEY, S3Server, free_port, moto_server, rclone_server

pytestmark = pytest.mark.s3

READ_FAILED = ReadFailure(QuarantineReason.READ_FAILED)
VANISHED = ReadFailure(QuarantineReason.VANISHED)
IMAGE = bytes(range(256)) * 128
HEADER_BYTES = 16 * 1024
IMPATIENT = Patience(attempts=1, first_pause_s=0.01)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULTISITE_TEST_ACCESS_KEY", ACCESS_KEY)
    monkeypatch.setenv("MULTISITE_TEST_SECRET_KEY", SECRET_KEY)


@pytest.fixture(scope="module")
def moto() -> Iterator[S3Server]:
    with moto_server() as server:
        server.create_bucket("site-ct")
        yield server


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    folder = tmp_path_factory.mktemp("rclone")
    (folder / "site-ct" / "many").mkdir(parents=True)
    for index in range(2100):
        (folder / "site-ct" / "many" / f"{index:04d}").touch()
    with rclone_server(folder) as server:
        yield server


def _open(server: S3Server, url: str = "s3://site-ct/images", patience: Patience | None = None) -> S3:
    return S3(server.location(url), patience)


def _keys_of(store: ObjectStore, prefix: str = "") -> list[str]:
    return [info.key for batch in store.list(prefix) for info in batch]


# Ranges


def test_a_server_with_partial_content_is_read_by_obstore(moto: S3Server) -> None:
    store = _open(moto)
    store.write("one.dcm", IMAGE)
    assert list(store.read_prefixes([RangeRequest("one.dcm", 0, HEADER_BYTES)])) == [IMAGE[:HEADER_BYTES]]
    assert not store.ranges_need_s3fs


def test_a_server_that_answers_ranges_with_200_is_read_by_s3fs_with_the_same_bytes(rclone: S3Server) -> None:
    store = _open(rclone)
    store.write("one.dcm", IMAGE)
    requests = [
        RangeRequest("one.dcm", 0, HEADER_BYTES),
        RangeRequest("one.dcm", 100, 7),
        RangeRequest("one.dcm", len(IMAGE) - 3, 99),
    ]
    assert list(store.read_prefixes(requests)) == [IMAGE[:HEADER_BYTES], IMAGE[100:107], IMAGE[-3:]]
    assert store.ranges_need_s3fs


def test_the_decision_for_s3fs_holds_for_the_life_of_the_store(
    rclone: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = _open(rclone)
    store.write("one.dcm", IMAGE)
    list(store.read_prefixes([RangeRequest("one.dcm", 0, 4)]))
    asked = []
    monkeypatch.setattr(obstore, "get", lambda *_, **__: asked.append(1))
    assert list(store.read_prefixes([RangeRequest("one.dcm", 0, 4)] * 3)) == [IMAGE[:4]] * 3
    assert asked == []


def test_objects_that_only_s3fs_can_read_do_not_change_the_way_of_the_others(moto: S3Server) -> None:
    store = _open(moto)
    store.write("empty", b"")
    _put_raw(moto, "images/twice//slashed", b"0123456789")
    assert list(
        store.read_prefixes(
            [RangeRequest("empty", 0, 9), RangeRequest("twice//slashed", 2, 3), RangeRequest("gone", 0, 9)]
        )
    ) == [
        b"",
        b"234",
        VANISHED,
    ]
    assert not store.ranges_need_s3fs


@pytest.mark.parametrize("start", [0, 5])
def test_a_server_that_ignores_ranges_gives_no_more_than_was_asked_for(start: int) -> None:
    faults = Faults(ignores_ranges=True)
    with faulty_s3({"site-ct/a": IMAGE, "site-ct/short": b"0123456789"}, faults) as endpoint:
        store = _open(S3Server(endpoint), "s3://site-ct")
        results = list(
            store.read_prefixes(
                [RangeRequest("a", start, 16), RangeRequest("short", start, 16), RangeRequest("short", 99, 16)]
            )
        )
    assert results == [IMAGE[start : start + 16], b"0123456789"[start:], b""]
    assert store.ranges_need_s3fs


@pytest.mark.parametrize("ignores_ranges", [False, True])
def test_a_throttling_server_is_asked_again(ignores_ranges: bool) -> None:
    faults = Faults(slow_downs_per_object=1, ignores_ranges=ignores_ranges)
    with faulty_s3({"site-ct/a": IMAGE}, faults) as endpoint:
        store = _open(S3Server(endpoint), "s3://site-ct")
        assert list(store.read_prefixes([RangeRequest("a", 0, 16)])) == [IMAGE[:16]]
    assert faults.requests["site-ct/a"] >= 2


@pytest.mark.parametrize("ignores_ranges", [False, True])
def test_a_body_that_breaks_off_is_read_again(ignores_ranges: bool) -> None:
    faults = Faults(cut_bodies_per_object=1, ignores_ranges=ignores_ranges)
    with faulty_s3({"site-ct/a": IMAGE}, faults) as endpoint:
        store = _open(S3Server(endpoint), "s3://site-ct")
        assert list(store.read_prefixes([RangeRequest("a", 0, len(IMAGE))])) == [IMAGE]
        faults.requests.clear()
        assert store.read("a") == IMAGE


def test_an_object_that_stays_unreadable_is_a_result_among_the_others() -> None:
    faults = Faults(cut_bodies_per_object=99)
    with faulty_s3({"site-ct/a": IMAGE, "site-ct/b": b""}, faults) as endpoint:
        store = _open(S3Server(endpoint), "s3://site-ct", IMPATIENT)
        results = list(store.read_prefixes([RangeRequest("a", 0, 99), RangeRequest("gone", 0, 9)] * 3, concurrency=2))
    assert results == [READ_FAILED, VANISHED] * 3


def test_reading_works_inside_a_running_event_loop(moto: S3Server) -> None:
    store = _open(moto)
    store.write("one.dcm", IMAGE)

    async def as_in_a_notebook() -> list[bytes | ReadFailure]:
        return list(store.read_prefixes([RangeRequest("one.dcm", 0, 4)]))

    assert asyncio.run(as_in_a_notebook()) == [IMAGE[:4]]


# Listing


def test_a_listing_of_several_pages_is_complete(rclone: S3Server) -> None:
    keys = _keys_of(_open(rclone, "s3://site-ct"), "many")
    assert sorted(keys) == [f"many/{index:04d}" for index in range(2100)]


def test_keys_that_are_no_paths_do_not_end_the_listing(moto: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_listing, "_BATCH", 2)
    moto.create_bucket("odd-keys")
    keys = ["in/a/1", "in/a/2", "in/a/3", "in/b//1", "in/c/./2", "in/d/1", "in/d/2", "in/d/3", "in/e"]
    for key in (*keys, "in/marker/", "out"):
        _put_raw(moto, key, b"" if key.endswith("/") else b"x", bucket="odd-keys")
    assert _keys_of(_open(moto, "s3://odd-keys"), "in") == keys
    assert _keys_of(_open(moto, "s3://odd-keys/in")) == [key.removeprefix("in/") for key in keys]
    assert _keys_of(_open(moto, "s3://odd-keys/in"), "d") == ["d/1", "d/2", "d/3"]


def test_markers_of_folders_are_told_from_empty_objects(moto: S3Server) -> None:
    moto.create_bucket("markers")
    for key in ("in/", "in/folder/", "in/empty"):
        _put_raw(moto, key, b"", bucket="markers")
    assert _keys_of(_open(moto, "s3://markers/in")) == ["empty"]
    assert sorted(_keys_of(_open(moto, "s3://markers"))) == ["in/empty"]


# Faults of the set-up


@pytest.mark.parametrize(
    ("variable", "code"),
    [("MULTISITE_TEST_SECRET_KEY", "SignatureDoesNotMatch"), ("MULTISITE_TEST_ACCESS_KEY", "InvalidAccessKeyId")],
)
def test_wrong_credentials_are_told_by_every_way_in(
    rclone: S3Server, monkeypatch: pytest.MonkeyPatch, variable: str, code: str
) -> None:
    monkeypatch.setenv(variable, "hunter2hunter2")
    store = _open(rclone)
    ways = (
        store.check,
        lambda: list(store.list()),
        lambda: list(store.read_prefixes([RangeRequest("a", 0, 1)])),
        lambda: store.read("a"),
        lambda: store.write("a", b""),
    )
    for way in ways:
        with pytest.raises(StoreError, match=rf"refuses the credentials \({code}\)") as raised:
            way()
        assert "store `site_store`" in str(raised.value)
        assert "hunter2" not in str(raised.value)
        assert raised.value.__cause__ is None


def test_anonymous_access_works_where_it_is_welcome_and_is_refused_where_not(
    moto: S3Server, rclone: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    anyone = CredentialReference(anonymous=True)
    _put_raw(moto, "open/a", b"1", ACL="public-read")
    store = open_store(replace(moto.location("s3://site-ct/open"), credentials=anyone))
    assert _keys_of(store) == ["a"]
    assert list(store.read_prefixes([RangeRequest("a", 0, 1)])) == [b"1"] == [store.read("a")]
    with pytest.raises(StoreError, match="site_store"):
        open_store(replace(rclone.location("s3://site-ct"), credentials=anyone)).check()


def test_credentials_of_a_profile_are_used(rclone: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = f"[site]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    (tmp_path / "credentials").write_text(content)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    location = replace(rclone.location("s3://site-ct/p"), credentials=CredentialReference(profile="site"))
    store = open_store(location)
    store.write("a", b"1")
    assert list(store.read_prefixes([RangeRequest("a", 0, 1)])) == [b"1"]


def test_an_endpoint_that_does_not_answer_is_told_from_a_missing_bucket(moto: S3Server) -> None:
    dead = _open(S3Server(f"http://127.0.0.1:{free_port()}"), patience=IMPATIENT)
    for way in (
        dead.check,
        lambda: list(dead.list()),
        lambda: list(dead.read_prefixes([RangeRequest("a", 0, 1)] * 500)),
    ):
        with pytest.raises(StoreError, match="does not answer") as raised:
            way()
        assert "127.0.0.1" not in str(raised.value)
    with pytest.raises(StoreError, match=r"bucket of a store does not exist \(NoSuchBucket\)"):
        _open(moto, "s3://no-such-bucket").check()


def test_a_server_that_stops_is_not_blamed_on_the_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_store, "_WINDOW", 4)
    (tmp_path / "site-ct").mkdir()
    for index in range(100):
        (tmp_path / "site-ct" / str(index)).write_bytes(b"image")
    with rclone_server(tmp_path) as server:
        requests = [RangeRequest(str(index), 0, 3) for index in range(100)]
        results = _open(server, "s3://site-ct", IMPATIENT).read_prefixes(requests)
        assert [next(results) for _ in range(4)] == [b"ima"] * 4
    with pytest.raises(StoreError, match="does not answer"):
        next(results)


def test_a_private_certificate_is_accepted_when_its_authority_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, private_key = _self_signed(tmp_path)
    (tmp_path / "served" / "site-ct").mkdir(parents=True)
    with rclone_server(tmp_path / "served", certificate=certificate, private_key=private_key) as server:
        monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
        for way in (_open(server).check, lambda: list(_open(server).list())):
            with pytest.raises(StoreError, match="certificate of a store is not trusted"):
                way()
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        store = _open(server)
        store.write("a", b"1")
        assert [info.key for batch in store.list() for info in batch] == ["a"]


# No socket but the endpoint's


def test_no_socket_is_opened_but_to_the_endpoint(
    rclone: S3Server, trap: "Trap", monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[object] = []
    connect = socket.socket.connect

    def recorded(self: socket.socket, address: object) -> None:
        dialled.append(address)
        connect(self, address)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(socket.socket, "connect", recorded)
    store = _open(rclone)
    store.check()
    store.write("trapped", IMAGE)
    assert "trapped" in _keys_of(store)
    assert list(store.read_prefixes([RangeRequest("trapped", 0, 4), RangeRequest("gone", 0, 4)])) == [
        IMAGE[:4],
        VANISHED,
    ]
    assert store.read("trapped") == IMAGE
    store.delete("trapped")
    own = ("127.0.0.1", int(rclone.endpoint.rpartition(":")[2]))
    assert set(dialled) == {own}
    assert trap.connections == 0


def test_obstore_left_to_itself_would_step_into_the_trap(trap: "Trap") -> None:
    left_to_itself = S3Store("site-ct", client_options={"allow_http": True}, retry_config={"max_retries": 0})
    with pytest.raises(obstore.exceptions.BaseError):
        obstore.list(left_to_itself).collect()
    assert trap.connections > 0


def test_a_profile_without_keys_asks_no_metadata_service(
    trap: "Trap", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text("[empty]\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    location = StoreLocation("ct", "s3://site-ct", credentials=CredentialReference(profile="empty"))
    with pytest.raises(ConfigError):
        open_store(location)
    assert trap.connections == 0


class Trap:
    """A listener where a metadata service, or another endpoint, might be; it counts who comes."""

    def __init__(self) -> None:
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            visitor.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trap]:
    """An environment in which every variable that an S3 client reads leads elsewhere."""
    found = Trap()
    endpoints = (
        "AWS_METADATA_ENDPOINT",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
    )
    for variable in endpoints:
        monkeypatch.setenv(variable, found.address)
    wrong = {
        "AWS_ACCESS_KEY_ID": "wrong",
        "AWS_SECRET_ACCESS_KEY": "wrong",
        "AWS_SESSION_TOKEN": "wrong",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
        "AWS_DEFAULTS_MODE": "auto",
        "AWS_REGION": "eu-west-1",
    }
    for variable, value in wrong.items():
        monkeypatch.setenv(variable, value)
    yield found
    found.close()


def _put_raw(server: S3Server, key: str, body: bytes, *, bucket: str = "site-ct", **options: str) -> None:
    """Put an object under a key that no store of ours would write."""
    store = _open(server, f"s3://{bucket}")
    store._clients.s3fs.call_s3("put_object", Bucket=bucket, Key=key, Body=body, **options)


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that only it vouches for, and its key."""
    x509 = pytest.importorskip("cryptography.x509", reason="cryptography is not installed")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a hospital's own authority")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private_key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private_key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private_key
