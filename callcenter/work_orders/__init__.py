"""Work orders: states, the one door between them, placing and reading orders."""
