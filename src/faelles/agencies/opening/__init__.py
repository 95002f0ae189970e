"""Opening hours, closing days and what they come to on a given day."""
