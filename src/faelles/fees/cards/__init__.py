"""What a new card in place of a lost one costs."""
