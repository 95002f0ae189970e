"""What a person must look at: conflicts of offline transactions, copies to search for."""
