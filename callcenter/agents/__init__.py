"""The people who answer: their seats, queues, and presence."""
