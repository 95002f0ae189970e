"""Claims that the municipality's debtor system collects: handed over, kept in step, and settled by what it says."""
