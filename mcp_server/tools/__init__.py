"""The tools, one module a noun. None has logic of its own: each asks a use case and shapes the answer."""
