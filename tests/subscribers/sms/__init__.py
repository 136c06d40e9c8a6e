"""What people write by SMS, other than tips."""
