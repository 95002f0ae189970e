"""The numbers that web sites know titles by: a FAUST number, or our own for what has none."""
