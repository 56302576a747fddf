"""Finding orphans: entries that are pending and silent."""
