"""What a library has titles of: records, their numbers, the issues of periodicals. Copies are the next room's."""
