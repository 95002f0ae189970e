"""What a new rule or a closing day does to what is lent and waited for."""
