"""How long a queue rings one agent and lets a caller wait, where its row does not say otherwise. Pure."""

RING_SECONDS = 20
MOST_WAIT_SECONDS = 300
RING_LIMITS, MOST_WAIT_LIMITS = (1, 120), (1, 7200)
"""What a queue may be set to, in seconds: the PBX's plan refuses anything else too."""
