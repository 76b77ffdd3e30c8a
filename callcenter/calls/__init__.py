"""Calls: what happened on a line (events), what a contact was (journeys), what we put on record (facts)."""
