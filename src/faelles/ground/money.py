"""Money is a whole number of minor units (øre) with a currency; it is never a float."""

from typing import NewType

Ore = NewType("Ore", int)
"""Minor units: 100 to the krone."""
