"""The truth: tables, queries and migrations."""
