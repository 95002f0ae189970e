"""Erasure on request, the list of erasures, and what is erased again after a restore."""
