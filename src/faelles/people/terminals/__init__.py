"""SIP2 machines: how each is spoken to, how each is doing, and the trace of one that does not."""
