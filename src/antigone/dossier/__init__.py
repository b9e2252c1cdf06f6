"""All photos of one person, probably, and whatever stands beside them."""
