"""What patrons owe and pay, a doubt about a claim, and the tills."""
