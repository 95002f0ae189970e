"""What each operation does, by the verb it stands under in data/operations.csv."""
