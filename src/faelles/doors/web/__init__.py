"""The pages that staff and patrons see in a browser."""
