"""How often searches and comparisons err, measured on labelled photos, and what a score is worth."""
