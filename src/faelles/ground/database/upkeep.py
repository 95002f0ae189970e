"""What a database wants after much has been written at once."""

import asyncpg

from faelles.ground.database.transaction import Row


async def analyze(owner_url: str) -> None:
    """Count anew what is in the tables, so that the planner does not take full ones for empty."""
    connection: asyncpg.Connection[Row] = await asyncpg.connect(owner_url)
    try:
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
