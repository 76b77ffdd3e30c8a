"""Tasks: something a person owes a household by a certain time (now: calling a lost caller back)."""
