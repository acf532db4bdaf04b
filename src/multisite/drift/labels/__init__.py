"""Performance in routine use, as labels arrive, and what can be said of it before they do."""
