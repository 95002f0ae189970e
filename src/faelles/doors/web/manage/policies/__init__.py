"""Rules: what holds where and why, and what a change would do before it is made."""
