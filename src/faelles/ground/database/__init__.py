"""PostgreSQL: the pool, the one way to open a transaction, migrations, and the embedded server."""

from faelles.ground.database.reads import Read
from faelles.ground.database.transaction import Database, Row, Transaction

__all__ = ["Database", "Read", "Row", "Transaction"]
