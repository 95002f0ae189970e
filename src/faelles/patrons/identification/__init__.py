"""What a patron is recognised by: cards and numbers that come and go, and the PIN."""
