"""What an operation costs, beside the same reads and writes in bare SQL. Measured, never tested: machines differ."""
