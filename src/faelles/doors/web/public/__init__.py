"""What anybody may see without signing in: what a library has, and where it stands."""
