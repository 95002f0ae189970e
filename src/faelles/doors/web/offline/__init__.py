"""The desk while the network or the server is gone: what the browser keeps, and what it sends afterwards."""
