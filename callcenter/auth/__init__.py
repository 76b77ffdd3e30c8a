"""Who may do what: people sign in, roles carry permissions."""
