"""What rows are compared with: the same work by the barest means there are."""
