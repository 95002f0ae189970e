"""What a division tells the programs that serve its patrons."""
