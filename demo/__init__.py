"""The whole service in one process with invented people, for a first look and for training."""
