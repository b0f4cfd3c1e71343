"""Runs the code of metrics and triggers where it can do no harm."""
