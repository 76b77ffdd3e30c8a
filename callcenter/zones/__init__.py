"""Zones: the city as a tree of district, street and community; which zone an address lies in."""
