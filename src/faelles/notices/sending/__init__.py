"""From what is due to what was delivered: claimed, checked once more, put into words, handed over, recorded."""
