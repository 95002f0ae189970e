"""Policies: the group trees, the typed knobs and the rules that set them."""
