"""Live screens: who is connected, what each must see, and the messages that say it."""
