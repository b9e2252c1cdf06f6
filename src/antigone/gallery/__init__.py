"""Templates to candidates."""
