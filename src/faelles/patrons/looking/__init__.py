"""Looking at patrons: one, many, by a scan; who may see what of whom, and who looked."""
