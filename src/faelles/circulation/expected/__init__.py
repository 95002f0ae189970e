"""What overdue loans would cost if they came back now."""
