"""Holds that nothing can fill, and giving them up."""
