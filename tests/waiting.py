"""What tests that start servers wait with: a machine that is busy with something else is no mistake of ours."""

import secrets
import socket
from contextlib import suppress

PATIENCE = 120
"""Seconds after which nothing more is to be expected."""


def free_port() -> int:
    """A port that nobody listens on, below those that the kernel gives to whoever connects to something meanwhile."""
    while True:
        port = 15_000 + secrets.randbelow(15_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
