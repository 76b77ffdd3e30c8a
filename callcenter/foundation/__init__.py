"""What every feature stands on: time, ids, database, facts, outbox, timers, numbers. Knows no feature."""
