"""Money: the append-only ledger, what is charged and why, payments."""
