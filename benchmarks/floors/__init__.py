"""What rows are compared with: the same work done with the least code."""
