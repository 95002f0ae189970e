"""What a message of a self-check or a sorter costs, over real sockets."""
