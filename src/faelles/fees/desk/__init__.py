"""Money at the desk: paying, reducing, waiving, reversing, charging by hand, and looking at an account."""
