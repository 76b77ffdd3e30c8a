"""Asterisk as seen from here: its messages in, our wishes out."""
