"""The rooms that are open over REST: one module each, one line each."""

from typing import Final

from litestar import Router

ROUTERS: Final[tuple[Router, ...]] = ()
