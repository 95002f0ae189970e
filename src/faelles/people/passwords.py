"""Passwords: argon2id, off the event loop, in a pool small enough to leave the machine to the desk.

Parameters: OWASP's minimum for argon2id (19 MiB, two passes, one lane); see docs/decisions/sign-in.md.
"""

import asyncio
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_MEMORY_KIBIBYTES = 19 * 1024
_PASSES = 2
_LANES = 1
_THREADS = 2

_hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIBIBYTES, parallelism=_LANES)
_threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="argon2")


async def hash_password(password: str) -> str:
    """The encoded hash to store: parameters, salt and digest in one text."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, _normalised(password))


async def password_matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`. Takes the same time where there is none."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _matches, stored, _normalised(password))


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _matches(stored: str | None, password: str) -> bool:
    # Made before looking at `stored`, so that not even the first attempt of a process tells the two apart.
    nobodys = _nobodys_hash()
    try:
        _hasher.verify(stored or nobodys, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def _normalised(password: str) -> str:
    """One keyboard sends å as one character, another as two (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
