"""The decisions people take: examinations and releases."""
