"""The check of the wording: rules that are data, and the detectors that they name."""
