"""Python's collector of cycles, in a process that serves for weeks."""

import gc
from typing import Final

_OBJECTS_BETWEEN: Final = 10_000
"""Python's own 700 is a few requests: the collector would look through the same compiled rules again and again."""


def spare_what_stays() -> None:
    """Leave what has been made so far (modules, routes, catalogues) out of every later collection, and collect seldom.

    What a request makes holds no cycles but those of exceptions: it is freed as soon as nothing refers to it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN, *gc.get_threshold()[1:])
