"""Texts to households behind a port; Twilio is one way, the console another."""
