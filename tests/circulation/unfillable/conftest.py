"""Two municipalities, of which the other may help."""

from circulation.sharing.conftest import lender

__all__ = ["lender"]
