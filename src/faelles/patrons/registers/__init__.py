"""What the nation knows of people: the civil registration system, and whoever proves who signs in."""
