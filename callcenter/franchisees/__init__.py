"""Franchisees: the firms that take orders."""
