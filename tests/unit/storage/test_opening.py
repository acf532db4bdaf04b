"""From site file to store: which kind, which secrets, and what is refused before anything is asked."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.storage.fsspec_store import FsspecStore
from multisite.storage.local_folder import LocalFolder
from multisite.storage.location import CredentialReference, StoreLocation
from multisite.storage.opening import open_store
from multisite.storage.s3.credentials import S3Keys, key_source
from multisite.storage.s3.store import S3

KEYS = CredentialReference(access_key_env="CT_KEY", secret_key_env="CT_SECRET")
ANYONE = CredentialReference(anonymous=True)


def _s3(**changes: object) -> StoreLocation:
    options = {"endpoint": "http://127.0.0.1:9", "credentials": ANYONE, **changes}
    return StoreLocation("ct", "s3://bucket/prefix", **options)  # type: ignore[arg-type]  # by keyword in tests


@pytest.mark.parametrize(
    ("url", "kind"),
    [("folder", LocalFolder), ("/folder", LocalFolder), ("file:///folder", LocalFolder), ("memory://x", FsspecStore)],
)
def test_the_url_decides_the_kind_of_store(url: str, kind: type) -> None:
    assert type(open_store(StoreLocation("ct", url))) is kind


def test_a_store_is_named_with_its_site_and_a_workspace_without_one() -> None:
    assert StoreLocation("pacs", "/images", site="eastbay").place == "site eastbay, store `pacs`"
    assert StoreLocation("workspace", "/artefacts").place == "store `workspace`"


def test_an_s3_url_opens_s3_without_asking_it_anything() -> None:
    assert type(open_store(_s3())) is S3


def test_a_file_url_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "with space").mkdir()
    store = open_store(StoreLocation("ct", f"file://{tmp_path}/with%20space"))
    store.write("a", b"1")
    assert (tmp_path / "with space" / "a").read_bytes() == b"1"


def test_a_file_url_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigError, match="names another machine"):
        open_store(StoreLocation("ct", "file://server/share"))


@pytest.mark.parametrize("url", ["", "/", "file:///", "/tmp/.."])
def test_a_store_is_neither_nothing_nor_everything(url: str) -> None:
    with pytest.raises(ConfigError, match="names no folder, or the whole file system"):
        open_store(StoreLocation("ct", url))


def test_an_unknown_kind_of_url_is_refused() -> None:
    with pytest.raises(ConfigError, match="`nosuchkind` cannot be opened"):
        open_store(StoreLocation("ct", "nosuchkind://x"))


@pytest.mark.parametrize("missing", ["CT_KEY", "CT_SECRET"])
def test_a_missing_variable_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CT_KEY", "CT_SECRET"):
        monkeypatch.setenv(variable, "value-of-it")
    monkeypatch.delenv(missing)
    with pytest.raises(ConfigError, match=f"{missing} is not set") as raised:
        open_store(_s3(credentials=KEYS))
    assert "store `ct`" in str(raised.value)
    assert "value-of-it" not in str(raised.value)


def test_a_pickled_store_needs_the_variables_where_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_KEY", "1")
    monkeypatch.setenv("CT_SECRET", "2")
    pickled = pickle.dumps(open_store(_s3(credentials=KEYS)))
    monkeypatch.delenv("CT_SECRET")
    with pytest.raises(ConfigError, match="CT_SECRET is not set"):
        pickle.loads(pickled)


def test_the_endpoint_may_come_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CT_ENDPOINT", raising=False)
    location = _s3(endpoint=None, endpoint_env="CT_ENDPOINT")
    with pytest.raises(ConfigError, match="CT_ENDPOINT is not set"):
        open_store(location)
    monkeypatch.setenv("CT_ENDPOINT", "http://127.0.0.1:9")
    assert type(open_store(location)) is S3


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://server", "http://", "https://user@server"])
def test_an_endpoint_that_is_no_web_address_is_refused(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="no plain http"):
        open_store(_s3(endpoint=endpoint))


@pytest.mark.parametrize("url", ["s3://", "s3:///key", "s3://bucket/a//b", "s3://bucket/../b"])
def test_an_s3_url_without_a_bucket_or_with_an_odd_prefix_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="names no bucket"):
        open_store(StoreLocation("ct", url, credentials=ANYONE))


def test_s3_without_declared_credentials_is_refused() -> None:
    with pytest.raises(ConfigError, match="declares no credentials"):
        open_store(_s3(credentials=None))


@pytest.mark.parametrize("url", ["s3://key:hunter2@bucket", "sftp://user:hunter2@server/folder"])
def test_an_address_with_a_secret_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="holds a secret") as raised:
        StoreLocation("ct", url)
    assert "hunter2" not in str(raised.value)


def test_two_endpoints_are_refused() -> None:
    with pytest.raises(ConfigError, match="both `endpoint` and `endpoint_env`"):
        StoreLocation("ct", "s3://bucket", endpoint="http://127.0.0.1:9", endpoint_env="CT_ENDPOINT")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"access_key_env": "A"},
        {"secret_key_env": "A"},
        {"profile": "p", "anonymous": True},
        {"access_key_env": "A", "secret_key_env": "B", "profile": "p"},
        {"profile": "p", "session_token_env": "T"},
    ],
)
def test_credentials_are_declared_in_exactly_one_way(given: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="no way, or in more than one"):
        CredentialReference(**given)  # type: ignore[arg-type]  # by keyword in tests


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ({"endpoint": "http://127.0.0.1:9"}, "`endpoint`"),
        ({"region": "x"}, "`region`"),
        ({"credentials": KEYS}, "`access_key_env`, `secret_key_env`"),
    ],
)
def test_options_of_s3_are_refused_for_other_kinds(option: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=f"is given {named}"):
        open_store(StoreLocation("ct", "memory://x", **option))  # type: ignore[arg-type]  # by keyword in tests


def test_a_profile_gives_its_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "credentials").write_text(
        "[hospital]\naws_access_key_id = from-file\naws_secret_access_key = s\naws_session_token = t\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-elsewhere")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "from-elsewhere")
    source = key_source(_s3(credentials=CredentialReference(profile="hospital")))
    assert source() == S3Keys("from-file", "s", "t")


def test_a_missing_or_empty_profile_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "credentials").write_text("[empty]\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for profile, fact in (("empty", "holds no credentials"), ("nobody", "cannot be used")):
        with pytest.raises(ConfigError, match=f"`{profile}` {fact}"):
            open_store(_s3(credentials=CredentialReference(profile=profile)))


def test_secrets_are_not_shown_and_cannot_be_pickled() -> None:
    keys = S3Keys("visible", "hunter2", None)
    assert "hunter2" not in repr(keys)
    with pytest.raises(TypeError):
        pickle.dumps(keys)


@pytest.mark.slow
def test_a_folder_is_opened_without_loading_any_client() -> None:
    script = (
        "import sys; from multisite.storage.opening import open_store;"
        "from multisite.storage.location import StoreLocation; open_store(StoreLocation('a', '.'));"
        "sys.exit(' '.join(sorted({'obstore', 's3fs', 'fsspec', 'botocore', 'aiohttp'} & set(sys.modules))) or None)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
