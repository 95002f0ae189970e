import base64
import hmac

import pytest
from cryptography.exceptions import InvalidTag

from faelles.ground.crypto import Keyring, new_master_key, new_secret, parse_master_keys, secret_hash
from faelles.ground.errors import MisconfiguredError
from faelles.ground.ids import AgencyId

HOME, AWAY = AgencyId(101), AgencyId(147)
OLD = "1:" + base64.b64encode(b"o" * 32).decode()
NEW = "2:" + base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def old() -> Keyring:
    return Keyring(parse_master_keys(OLD))


@pytest.fixture
def both() -> Keyring:
    """After a rotation: the new key makes, both read."""
    return Keyring(parse_master_keys(f"{NEW}, {OLD}"))


@pytest.fixture
def new() -> Keyring:
    """After the old key was taken away."""
    return Keyring(parse_master_keys(NEW))


def test_the_same_value_is_found_by_the_same_hash(old):
    assert old.lookup_hash("cpr", HOME, "0101700000") == old.lookup_hash("cpr", HOME, "0101700000")


@pytest.mark.parametrize(
    ("purpose", "agency", "value"),
    [("cpr", AWAY, "0101700000"), ("card", HOME, "0101700000"), ("cpr", HOME, "0101700001")],
    ids=["agency", "purpose", "value"],
)
def test_another_agency_purpose_or_value_has_another_hash(old, purpose, agency, value):
    assert old.lookup_hash(purpose, agency, value) != old.lookup_hash("cpr", HOME, "0101700000")


def test_another_installation_has_other_hashes(old, new):
    assert old.lookup_hash("cpr", HOME, "0101700000")[1:] != new.lookup_hash("cpr", HOME, "0101700000")[1:]


def test_a_value_stored_under_the_older_key_is_still_found(old, both):
    assert old.lookup_hash("cpr", HOME, "0101700000") in both.lookup_hashes("cpr", HOME, "0101700000")


def test_new_values_are_made_with_the_newest_key(both):
    made = [
        both.lookup_hash("cpr", HOME, "0101700000"),
        both.encrypt("cpr", HOME, "0101700000"),
        both.hash_pin(HOME, "1234"),
        both.sign("session", b"message"),
    ]
    assert [value[0] for value in made] == [2, 2, 2, 2]


def test_what_the_older_key_sealed_is_still_read(old, both):
    assert both.decrypt("cpr", HOME, old.encrypt("cpr", HOME, "ærø")) == "ærø"


def test_a_pin_from_before_the_rotation_still_opens(old, both):
    assert both.pin_matches(HOME, "1234", old.hash_pin(HOME, "1234"))


def test_a_signature_from_before_the_rotation_is_still_good(old, both):
    assert both.signature_matches("session", b"message", old.sign("session", b"message"))


def test_what_a_key_that_is_gone_sealed_names_the_key(old, new):
    with pytest.raises(MisconfiguredError) as refused:
        new.decrypt("cpr", HOME, old.encrypt("cpr", HOME, "0101700000"))
    assert (refused.value.code, refused.value.parameters) == ("master_key_unknown", {"identifier": 1})


def test_without_its_key_a_pin_and_a_signature_are_wrong(old, new):
    assert not new.pin_matches(HOME, "1234", old.hash_pin(HOME, "1234"))
    assert not new.signature_matches("session", b"message", old.sign("session", b"message"))


def test_the_same_text_is_sealed_differently_each_time(old):
    assert old.encrypt("cpr", HOME, "0101700000") != old.encrypt("cpr", HOME, "0101700000")


@pytest.mark.parametrize("place", [1, 12, 13, -1], ids=["nonce", "end of nonce", "text", "tag"])
def test_a_sealed_value_that_was_tampered_with_is_not_read(old, place):
    sealed = bytearray(old.encrypt("cpr", HOME, "0101700000"))
    sealed[place] ^= 1
    with pytest.raises(InvalidTag):
        old.decrypt("cpr", HOME, bytes(sealed))


@pytest.mark.parametrize(("purpose", "agency"), [("cpr", AWAY), ("email", HOME)])
def test_a_sealed_value_moved_elsewhere_is_not_read(old, purpose, agency):
    with pytest.raises(InvalidTag):
        old.decrypt(purpose, agency, old.encrypt("cpr", HOME, "0101700000"))


def test_a_pin_opens_only_for_its_digits_and_its_agency(old):
    stored = old.hash_pin(HOME, "1234")
    assert old.pin_matches(HOME, "1234", stored)
    assert not old.pin_matches(HOME, "1235", stored)
    assert not old.pin_matches(AWAY, "1234", stored)


def test_two_patrons_with_one_pin_have_nothing_in_common(old):
    assert old.hash_pin(HOME, "1234") != old.hash_pin(HOME, "1234")


def test_a_patron_without_a_pin_takes_the_same_path_as_one_with(old, monkeypatch):
    compared = []

    def compare(made, known):
        compared.append((made, known))
        return True

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert old.pin_matches(HOME, "1234", old.hash_pin(HOME, "1234"))
    assert not old.pin_matches(HOME, "1234", None)
    assert [(len(made), len(known)) for made, known in compared] == [(49, 49), (49, 49)]


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x01short"])
def test_a_damaged_pin_matches_nothing(old, stored):
    assert not old.pin_matches(HOME, "1234", stored)


@pytest.mark.parametrize("signature", [b"", b"\x01", b"\x09" + bytes(32), b"\x01" + bytes(32)])
def test_what_is_not_a_signature_does_not_match(old, signature):
    assert not old.signature_matches("session", b"message", signature)


def test_a_signature_is_for_one_message_and_one_purpose(old):
    signature = old.sign("session", b"message")
    assert old.signature_matches("session", b"message", signature)
    assert not old.signature_matches("session", b"messages", signature)
    assert not old.signature_matches("cursor", b"message", signature)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "secret",
        "1:",
        "1:not base64",
        "1:é",
        "1:" + base64.b64encode(b"short").decode(),
        "0:" + OLD[2:],
        "256:" + OLD[2:],
        "one:" + OLD[2:],
        OLD + "," + NEW[:-8],
        OLD + ",1:" + NEW[2:],
    ],
    ids=[
        "nothing", "commas", "no colon", "no key", "not base64", "not ASCII", "too short", "identifier 0",
        "identifier 256", "identifier in words", "second one cut off", "identifier twice",
    ],
)  # fmt: skip
def test_malformed_keys_are_refused_without_repeating_them(text):
    with pytest.raises(MisconfiguredError) as refused:
        parse_master_keys(text)
    assert (refused.value.code, refused.value.parameters) == ("master_key_malformed", {})


def test_there_is_no_keyring_without_a_key():
    with pytest.raises(MisconfiguredError, match="master_key_missing"):
        Keyring([])


def test_a_fresh_key_can_be_used():
    assert Keyring(parse_master_keys(new_master_key())).sign("session", b"")[0] == 1


def test_keys_are_never_shown(both):
    shown = repr(parse_master_keys(NEW)) + str(parse_master_keys(NEW)[0]) + repr(both)
    assert "nnn" not in shown
    assert NEW[2:] not in shown


def test_secrets_are_long_new_and_safe_in_a_header():
    secret = new_secret()
    assert secret != new_secret()
    assert len(secret) == 43
    assert secret.replace("-", "").replace("_", "").isalnum()
    assert secret_hash(secret) == secret_hash(secret) != secret_hash(new_secret())
