"""The hold shelf: what stands there for whom, until when, and what has to be taken away."""
