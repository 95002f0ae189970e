"""Whom a patron belongs to: memberships of divisions, and the adults who answer for them."""
