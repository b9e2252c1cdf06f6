"""A probe in, a candidate list out."""
