"""What a web site shows of titles: is a copy on the shelf, where are they all, how often are they borrowed."""
