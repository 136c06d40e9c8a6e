"""The scheduler: starts broadcasts, repairs what is stuck, and settles what is complete."""
