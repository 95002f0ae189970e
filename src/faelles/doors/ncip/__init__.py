"""NCIP between libraries: what another library's system asks of ours on behalf of a borrower."""
