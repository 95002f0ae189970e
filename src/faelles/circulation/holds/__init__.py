"""Who waits for which title, in what order, and which copy is meant for whom."""
