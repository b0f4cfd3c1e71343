"""The demo model: a deterministic rule follower behind the HTTP interface of a real model.

It is no language model. It is a server of its own that knows Plumbline's prompts only from what
arrives over HTTP, as any other endpoint does.
"""
