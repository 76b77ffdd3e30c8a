"""Hostile input of every kind: what is sent, and what must hold. Few of it in the tests, much in `make prove`."""
