"""The night forgets: entry by entry of the register, batch by batch, wherever it was cut off."""
