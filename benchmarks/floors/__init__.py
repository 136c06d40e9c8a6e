"""What rows are compared with: the same work with the least code that does it."""
