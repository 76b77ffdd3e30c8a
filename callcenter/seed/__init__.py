"""Demo city: invented households, firms and orders, reached through the real use cases."""
