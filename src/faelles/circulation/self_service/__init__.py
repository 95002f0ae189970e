"""What patrons do, and are shown, at a machine, with their card and PIN."""
