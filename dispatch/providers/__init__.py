"""The providers messages leave by: one folder each, all alike from the outside."""
