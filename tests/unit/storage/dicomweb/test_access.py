"""Who is asked, and with which secrets: addresses, credentials, certificates, redirects."""

import base64
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from multisite.errors import ConfigError, StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage.dicomweb.access import DicomwebAccess
from multisite.storage.dicomweb.store import DicomwebStore
from multisite.storage.location import CredentialReference, StoreLocation
from multisite.storage.opening import open_store
from multisite.study import Store
from multisite.study.site_file import Credentials
from tests.lib.faulty_dicomweb import Answer, FaultyDicomweb, faulty_dicomweb
from tests.lib.s3_servers import free_port
from tests.unit.storage.dicomweb.test_listing import a_store, keys, some
from tests.unit.storage.dicomweb.test_reading import one

JSON = {"Content-Type": "application/json"}
TOKEN = CredentialReference(token_env="PACS_TOKEN")
USER = CredentialReference(user_env="PACS_USER", password_env="PACS_PASSWORD")


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACS_TOKEN", "hunter2.token\n")
    monkeypatch.setenv("PACS_USER", "jürgen")
    monkeypatch.setenv("PACS_PASSWORD", "hunter2:ü ")


@pytest.mark.parametrize(
    ("reference", "sent"),
    [
        (None, None),
        (CredentialReference(anonymous=True), None),
        (TOKEN, "Bearer hunter2.token"),
        (USER, "Basic " + base64.b64encode("jürgen:hunter2:ü ".encode()).decode()),
    ],
)
def test_every_request_carries_what_the_location_names(reference: CredentialReference | None, sent: str | None) -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server:
        store = open_store(StoreLocation("pacs", server.url, credentials=reference))
        assert isinstance(store, DicomwebStore)
        store.check()
        store.read(keys(store)[0])
    assert server.authorizations == {sent}


@pytest.mark.parametrize("missing", ["PACS_TOKEN", "PACS_USER", "PACS_PASSWORD"])
def test_a_missing_variable_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(ConfigError, match=f"{missing} is not set") as raised:
        open_store(StoreLocation("pacs", "dicomweb+https://a/b", credentials=TOKEN if "TOKEN" in missing else USER))
    assert "store `pacs`" in str(raised.value)


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "ümlaut", " "])
def test_a_token_that_cannot_be_sent_is_refused_without_repeating_it(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACS_TOKEN", value)
    with pytest.raises(ConfigError, match="PACS_TOKEN holds what cannot be sent") as raised:
        open_store(StoreLocation("pacs", "dicomweb+https://a/b", credentials=TOKEN))
    assert value not in str(raised.value) or value == " "


def test_a_user_with_a_colon_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACS_USER", "a:b")
    with pytest.raises(ConfigError, match="PACS_USER holds what cannot be sent"):
        open_store(StoreLocation("pacs", "dicomweb+https://a/b", credentials=USER))


@pytest.mark.parametrize(
    "address",
    ["", "/", "/path", "user@host/web", "host/web?a=b", "host/web#a", "host:port/web", "[::1/web"],
)
def test_an_address_that_is_not_plain_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match=r"no plain address|holds a secret"):
        open_store(StoreLocation("pacs", f"dicomweb+https://{address}"))


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ({"url": "dicomweb+https://a/b", "endpoint": "https://c"}, "`endpoint`"),
        ({"url": "dicomweb+https://a/b", "region": "x"}, "`region`"),
        ({"url": "dicomweb+https://a/b", "credentials": CredentialReference(profile="p")}, "`profile`"),
        ({"url": "s3://a/b", "credentials": TOKEN}, "`token_env`"),
        ({"url": "s3://a/b", "credentials": USER}, "`user_env`, `password_env`"),
        ({"url": "s3://a/b", "credentials": CredentialReference(anonymous=True), "concurrency": 2}, "`concurrency`"),
        ({"url": "memory://a", "concurrency": 2}, "`concurrency`"),
        ({"url": "folder", "credentials": TOKEN}, "`token_env`"),
    ],
)
def test_options_of_another_kind_of_store_are_refused(location: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=f"is given {named}") as raised:
        open_store(StoreLocation("pacs", **location))
    assert raised.value.place == "store `pacs`"
    assert raised.value.remedy


@pytest.mark.parametrize(
    "given",
    [
        {"token_env": "A", "user_env": "B", "password_env": "C"},
        {"token_env": "A", "anonymous": True},
        {"token_env": "A", "session_token_env": "B"},
        {"user_env": "A"},
        {"password_env": "A"},
        {"access_key_env": "A", "secret_key_env": "B", "token_env": "C"},
    ],
    ids=str,
)
def test_credentials_are_declared_in_exactly_one_way(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="no way, or in more than one"):
        CredentialReference(**given)
    with pytest.raises(ValidationError, match=r"exactly one of|go together|goes with"):
        Credentials(**given)


@pytest.mark.parametrize("concurrency", [0, -1, 65])
def test_a_concurrency_out_of_range_is_refused(concurrency: int) -> None:
    with pytest.raises(ValidationError, match="concurrency"):
        Store(name="pacs", url="dicomweb+https://a/b", concurrency=concurrency)
    if concurrency < 1:
        with pytest.raises(ConfigError, match="`concurrency` of a store is not positive"):
            StoreLocation("pacs", "dicomweb+https://a/b", concurrency=concurrency)


def test_secrets_are_not_shown_and_do_not_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(StoreLocation("pacs", "dicomweb+https://a/b", credentials=TOKEN))
    pickled = pickle.dumps(store)
    assert b"hunter2" not in pickled
    assert b"PACS_TOKEN" in pickled
    monkeypatch.delenv("PACS_TOKEN")
    with pytest.raises(ConfigError, match="PACS_TOKEN is not set"):
        pickle.loads(pickled)
    access = DicomwebAccess("https://a", "Bearer hunter2")
    assert "hunter2" not in repr(access)
    with pytest.raises(TypeError):
        pickle.dumps(access)


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        (Answer(401), r"refuses the credentials \(401\)"),
        (Answer(403), r"denies the access \(403\)"),
        (Answer(404), r"has no DICOMweb service under its path \(404\)"),
        (Answer(500), r"does not answer as a DICOMweb service does \(500\)"),
        (Answer(200, b"<html>log in</html>", {"Content-Type": "text/html"}), r"as a DICOMweb service does \(no JSON\)"),
        (Answer(503), r"too many requests \(503\)"),
        (Answer(504), r"does not answer \(504\)"),
        (Answer(302, headers={"Location": "http://127.0.0.1:9/web/studies"}), r"sends its requests to another addr"),
        (Answer(301, headers={"Location": "//localhost/web"}), r"to another address \(301\)"),
        (Answer(307, headers={"Location": "https://127.0.0.1/x"}), r"to another address \(307\)"),
    ],
)
def test_each_cause_has_its_own_fact(answer: Answer, fact: str) -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1), always={"studies": answer})) as server:
        store = a_store(server, credentials=TOKEN)
        for ask in (store.check, lambda: keys(store)):
            with pytest.raises(StoreError, match=fact) as raised:
                ask()
            assert (raised.value.place, bool(raised.value.remedy)) == ("store `pacs`", True)
            assert "hunter2" not in str(raised.value)
            assert "127.0.0.1" not in str(raised.value)


def test_credentials_that_are_refused_while_reading_are_a_fault_of_the_store() -> None:
    refused = Answer(401)
    metadata = one().rpartition("/instances")[0] + "/metadata"
    with (
        faulty_dicomweb(FaultyDicomweb(some(1), always={metadata: refused, "studies": refused})) as server,
        pytest.raises(StoreError, match="refuses the credentials"),
    ):
        list(a_store(server).read_prefixes([RangeRequest(one(), 0, 9)]))


def test_a_redirect_to_another_server_is_not_followed() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1))) as other:
        away = Answer(302, headers={"Location": other.url.removeprefix("dicomweb+") + "/studies"})
        with (
            faulty_dicomweb(FaultyDicomweb(some(1), always={"studies": away})) as server,
            pytest.raises(StoreError, match="another address"),
        ):
            a_store(server, credentials=TOKEN).check()
    assert other.asked == {}


@pytest.mark.parametrize(
    ("answers", "detail"),
    [
        ([Answer(400), Answer(400)], "400"),
        ([Answer(400), Answer(200, b'["6b9e19d9"]', JSON)], "broken JSON"),
        ([Answer(200, b'["6b9e19d9"]', JSON)], "broken JSON"),
        ([Answer(200, b'[{"00100010": {"vr": "PN"}}]', JSON)], "a study without its UID"),
    ],
    ids=["it refuses", "refuses a limit only", "lists other things", "lists other records"],
)
def test_an_address_beside_the_service_is_not_taken_for_it(answers: list[Answer], detail: str) -> None:
    with (
        faulty_dicomweb(FaultyDicomweb(some(1), faults={"studies": answers})) as server,
        pytest.raises(StoreError, match="does not answer as a DICOMweb service does") as raised,
    ):
        a_store(server).check()
    assert detail in raised.value.fact
    assert "the part before /studies" in raised.value.remedy


def test_a_service_that_refuses_any_limit_is_there() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(2), refuses_limit_above=0)) as server:
        a_store(server).check()
        assert server.asked == {"studies": 2}
        assert not a_store(server).is_empty()


def test_a_redirect_within_the_server_is_followed_but_not_for_ever() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server:
        server.faults["studies"] = [Answer(308, headers={"Location": "/web/studies?limit=1"})]
        a_store(server).check()
        server.always["studies"] = Answer(302, headers={"Location": "/web/studies"})
        with pytest.raises(StoreError, match="another address"):
            a_store(server).check()
        assert server.asked["studies"] < 10


def test_a_server_that_does_not_run_does_not_answer() -> None:
    with pytest.raises(StoreError, match=r"does not answer \(NewConnectionError\)") as raised:
        a_store(FaultyDicomweb({}, url=f"dicomweb+http://127.0.0.1:{free_port()}/web")).check()
    assert raised.value.__suppress_context__


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server:
        a_store(server).check()


def test_nothing_is_written_or_removed() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server:
        store = a_store(server)
        for ask in (lambda: store.write("a", b""), lambda: store.delete(one())):
            with pytest.raises(StoreError, match="is read, never written"):
                ask()
    assert server.asked == {}


def test_a_private_certificate_is_accepted_when_its_authority_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, private_key = _self_signed(tmp_path)
    with faulty_dicomweb(FaultyDicomweb(some(1)), certificate=certificate, private_key=private_key) as server:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(StoreError, match="certificate of a store is not trusted"):
            a_store(server, credentials=TOKEN).check()
        assert server.authorizations == set()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert len(keys(a_store(server))) == 3
        server.url = server.url.replace("127.0.0.1", "localhost")
        with pytest.raises(StoreError, match="certificate of a store is not trusted"):
            a_store(server).check()


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, not for localhost, that only it vouches for, and its key."""
    x509 = pytest.importorskip("cryptography.x509", reason="cryptography is not installed")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a hospital's own authority")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private_key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private_key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private_key


def test_a_certificates_file_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (None, "no certificate"):
        if content:
            (tmp_path / "ca.pem").write_text(content)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        with pytest.raises(ConfigError, match="SSL_CERT_FILE names cannot be used") as raised:
            open_store(StoreLocation("pacs", "dicomweb+https://a/b"))
        assert str(tmp_path) not in str(raised.value)


@pytest.mark.slow
def test_a_dicomweb_store_is_opened_without_loading_another_client() -> None:
    script = (
        "import sys; from multisite.storage.opening import open_store;"
        "from multisite.storage.location import StoreLocation;"
        "open_store(StoreLocation('a', 'dicomweb+https://a/b'));"
        "sys.exit(' '.join(sorted({'obstore', 's3fs', 'fsspec', 'botocore', 'aiohttp'} & set(sys.modules))) or None)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
