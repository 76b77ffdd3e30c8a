"""Households, their contacts, numbers and addresses."""
