"""Pixels to templates; knows no database."""
