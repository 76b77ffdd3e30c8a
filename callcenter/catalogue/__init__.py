"""Services and price book: what can be booked, what it costs."""
