"""How sure the labels make us that a rewrite is better: pure statistics, no database."""
