"""Importing official areas and boundaries into the database."""
