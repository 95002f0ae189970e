import base64
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from faelles.ground.config import read_config
from faelles.ground.errors import MisconfiguredError
from waiting import PATIENCE

KEY = "7:" + base64.b64encode(b"k" * 32).decode()

READ_WHEN_TOLD = """
import sys
from faelles.ground.config import read_config
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
sys.stdout.write(read_config({"FAELLES_STATE": sys.argv[1]}).master_keys[0].secret.hex())
"""


@pytest.fixture
def said(tmp_path: Path) -> dict[str, str]:
    """The least that an environment must say here."""
    return {"FAELLES_STATE": str(tmp_path / "state"), "FAELLES_MASTER_KEY": KEY}


def test_everything_has_a_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = read_config({})
    assert (config.state_directory, config.database_url, config.owner_database_url) == (tmp_path / "var", None, None)
    assert (config.http_host, config.http_port, config.database_connections) == ("127.0.0.1", 8000, 8)
    assert (config.log_level, config.is_production) == ("INFO", False)


def test_what_the_environment_says_is_taken(said):
    said |= {
        "FAELLES_DATABASE_URL": "postgresql://app@db/faelles",
        "FAELLES_OWNER_DATABASE_URL": "postgresql://owner@db/faelles",
        "FAELLES_DATABASE_CONNECTIONS": "32",
        "FAELLES_HTTP_PORT": "65535",
        "FAELLES_PRODUCTION": "1",
    }
    config = read_config(said)
    assert config.database_url == "postgresql://app@db/faelles"
    assert config.owner_database_url == "postgresql://owner@db/faelles"
    assert (config.database_connections, config.http_port, config.is_production) == (32, 65535, True)
    assert config.master_keys[0].identifier == 7


def test_sip2_is_off_until_a_port_is_said(said):
    off = read_config(said).sip2
    assert (off.port, off.tls_port, off.address, off.tls_address) == (None, None, "127.0.0.1", "127.0.0.1")
    on = read_config(
        said
        | {
            "FAELLES_SIP2_ADDRESS": "10.1.2.3",
            "FAELLES_SIP2_PORT": "6001",
            "FAELLES_SIP2_TLS_ADDRESS": "0.0.0.0",
            "FAELLES_SIP2_TLS_PORT": "6443",
            "FAELLES_SIP2_TLS_CERTIFICATE": "/etc/chain.pem",
            "FAELLES_SIP2_TLS_KEY": "/etc/key.pem",
        }
    ).sip2
    assert (on.address, on.port, on.tls_address, on.tls_port) == ("10.1.2.3", 6001, "0.0.0.0", 6443)
    assert (on.tls_certificate, on.tls_key) == (Path("/etc/chain.pem"), Path("/etc/key.pem"))


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "8.8.8.8", "2001:4860:4860::8888", "library.example", ""])
def test_plain_sip2_is_not_for_the_world(said, address):
    with pytest.raises(MisconfiguredError, match="sip2_address_not_private"):
        read_config({**said, "FAELLES_SIP2_PORT": "6001", "FAELLES_SIP2_ADDRESS": address})


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "172.16.0.9", "fd00::1"])
def test_plain_sip2_may_be_on_the_loopback_and_on_private_networks(said, address):
    assert read_config({**said, "FAELLES_SIP2_ADDRESS": address}).sip2.address == address


def test_tls_takes_a_certificate(said):
    with pytest.raises(MisconfiguredError, match="sip2_tls_certificate_missing"):
        read_config({**said, "FAELLES_SIP2_TLS_PORT": "6443", "FAELLES_SIP2_TLS_KEY": "/etc/key.pem"})


def test_an_empty_url_is_none(said):
    assert read_config({**said, "FAELLES_DATABASE_URL": ""}).database_url is None


@pytest.mark.parametrize("setting", ["FAELLES_HTTP_PORT", "FAELLES_DATABASE_CONNECTIONS"])
@pytest.mark.parametrize("number", ["", "0", "-1", "65536", "8000.0", "eight", "1e3", " 80", "²"])
def test_a_bad_number_is_refused_by_name(said, setting, number):
    with pytest.raises(MisconfiguredError) as refused:
        read_config({**said, setting: number})
    assert refused.value.code == "setting_not_a_number"
    assert refused.value.parameters["setting"] == setting


@pytest.mark.parametrize(
    ("setting", "wish"), [("FAELLES_PRODUCTION", "true"), ("FAELLES_PRODUCTION", "yes"), ("FAELLES_LOG_LEVEL", "loud")]
)
def test_a_choice_that_is_none_is_refused_by_name(said, setting, wish):
    with pytest.raises(MisconfiguredError, match="setting_not_a_choice") as refused:
        read_config({**said, setting: wish})
    assert refused.value.parameters["setting"] == setting


def test_what_is_said_to_be_nothing_is_the_default_and_never_every_address(said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = read_config(dict.fromkeys(["FAELLES_STATE", "FAELLES_HTTP_HOST", "FAELLES_LOG_LEVEL"], ""))
    assert (config.http_host, config.state_directory, config.log_level) == ("127.0.0.1", tmp_path / "var", "INFO")


def test_a_browser_gets_an_address_of_the_new_kind_in_brackets(said):
    assert read_config({**said, "FAELLES_HTTP_HOST": "::1"}).public_url == "http://[::1]:8000"


def test_a_state_that_is_no_directory_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MisconfiguredError, match="state_not_usable") as refused:
        read_config({"FAELLES_STATE": str(tmp_path / "file")})
    assert refused.value.parameters["place"] == str(tmp_path / "file")


def test_production_does_not_start_without_a_key(said):
    del said["FAELLES_MASTER_KEY"]
    with pytest.raises(MisconfiguredError, match="master_key_missing"):
        read_config({**said, "FAELLES_PRODUCTION": "1"})
    assert not Path(said["FAELLES_STATE"]).exists()


@pytest.mark.parametrize("key", [",", "secret", KEY + "," + KEY])
def test_a_malformed_key_is_never_replaced_by_the_demo_key(said, key):
    with pytest.raises(MisconfiguredError, match="master_key_malformed"):
        read_config({**said, "FAELLES_MASTER_KEY": key})
    assert not Path(said["FAELLES_STATE"]).exists()


def test_the_demo_key_is_made_once_and_kept_to_ourselves(tmp_path):
    first = read_config({"FAELLES_STATE": str(tmp_path)})
    assert read_config({"FAELLES_STATE": str(tmp_path)}).master_keys == first.master_keys
    assert [file.name for file in tmp_path.iterdir()] == ["demo-master-key"]
    assert stat.S_IMODE((tmp_path / "demo-master-key").stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_the_demo_key(tmp_path):
    command = [sys.executable, "-c", READ_WHEN_TOLD, str(tmp_path)]
    starts = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for start in starts:
        assert start.stdout.readline() == "ready\n"
    for start in starts:
        start.stdin.write("now\n")
        start.stdin.flush()
    keys = {start.communicate(timeout=PATIENCE)[0] for start in starts}
    assert len(keys) == 1
    assert len(keys.pop()) == 64


def test_nobody_ever_reads_half_a_demo_key(tmp_path):
    together = Barrier(4)

    def key(directory: Path) -> bytes:
        together.wait()
        return read_config({"FAELLES_STATE": str(directory)}).master_keys[0].secret

    with ThreadPoolExecutor(4) as starts:
        for number in range(25):
            assert len(set(starts.map(key, [tmp_path / str(number)] * 4))) == 1


def test_the_configuration_shows_no_key(said):
    config = read_config(said)
    assert KEY[2:] not in repr(config)
    assert "kkk" not in repr(config)
