"""Machines, each standing in one branch, and API clients: what signs in without a person."""
