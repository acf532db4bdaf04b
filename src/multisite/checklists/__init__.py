"""Reporting guidelines, hazards and boundaries as data, and what of them a study has answered."""
