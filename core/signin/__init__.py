"""Who signs in, how, and for how long."""
