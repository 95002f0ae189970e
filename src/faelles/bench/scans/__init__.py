"""The desk's one scan field under load: the pages' own endpoint, at the pace of the whole country's afternoon."""
