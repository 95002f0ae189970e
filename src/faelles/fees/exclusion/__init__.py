"""Exclusion for debt: a written notice, and what follows from it when its time has run out."""
