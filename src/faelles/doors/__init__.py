"""The ways in. A door translates between the outside world and the operations; it decides nothing."""
