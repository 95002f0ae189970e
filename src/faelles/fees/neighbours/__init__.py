"""Which payment provider and which debtor system an agency deals with."""
