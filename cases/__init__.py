"""Which case: references, what belongs to a case, opening and closing it, whose district it is."""
