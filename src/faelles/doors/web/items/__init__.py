"""Copies: what they are, where they have been, new ones, withdrawn ones, and their labels."""
