"""What settled a claim, for those who ask after the payment of one."""
