"""The one place where the desk's page looks for an agent; its content security policy names it."""

from typing import Final

HOST: Final = "127.0.0.1"
PORT: Final = 8731
ADDRESS: Final = f"http://{HOST}:{PORT}"
