"""Intakes: every contact that asks for something, and what an agent has typed so far."""
