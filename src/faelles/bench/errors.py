"""What can go wrong while measuring, beyond what the rooms themselves raise."""

from faelles.ground.errors import UnavailableError


class BenchFailedError(UnavailableError):
    """Something that is measured ended, or did not do what it was asked."""
