"""Finding titles: by words, narrowed by what they are and where a copy stands."""
