"""The heart: who has what, until when, and where everything else is. README.md says which room stands on which."""
