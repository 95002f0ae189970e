"""REST: the operations over HTTP and JSON, under /api/v1."""
