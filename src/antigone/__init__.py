"""Antigone: self-hosted face search that is answerable."""
