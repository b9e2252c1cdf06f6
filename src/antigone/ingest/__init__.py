"""Sources to photos, records and gallery."""
