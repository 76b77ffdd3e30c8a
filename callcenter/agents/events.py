"""Names of the facts this feature records; subject is `agent:<id>`, data as `presence.describe` gives it."""

PRESENCE_CHANGED = "agent.presence_changed"
