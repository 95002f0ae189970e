"""The wording: the program's own, the nation's and each agency's, in both languages and for paper and telephone."""
