"""What a password must be. Decision and sources: docs/decisions/sign-in.md."""

from functools import cache
from importlib import resources

from faelles.ground.errors import invalid_field

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
_FEWEST_DIFFERENT = 5


def password_weakness(password: str, username: str) -> str | None:
    """The code of what is wrong with a password; None for a good one.

    Long, not made of the username, not one letter over and over, and not a common word with digits and signs around
    it. No demand for signs or capitals: they are met by the same few tricks (NIST SP 800-63B, 3.1.1.2).
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return "password_length"
    lowered = password.casefold()
    if username and username in lowered:
        return "password_has_username"
    if len(set(lowered)) < _FEWEST_DIFFERENT:
        return "password_monotonous"
    letters = "".join(character for character in lowered if character.isalpha())
    return "password_common" if letters in _common_words() else None


def check_password(password: str, username: str) -> None:
    """Raise InvalidRequestError for a password that is not good enough."""
    if weakness := password_weakness(password, username):
        raise invalid_field("password", weakness, shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)


@cache
def _common_words() -> frozenset[str]:
    file = resources.files("faelles.people.staff") / "common_passwords.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(word for word in lines if not word.startswith("#"))
