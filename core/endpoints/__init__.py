"""Where a project's calls to the model go: its own endpoint, or the installation's.

A key belongs to the address it was entered for. It is stored encrypted and bound to that address, leaves
with the old one when the address changes, and is never shown again.
"""

from core.endpoints.checking import MAX_KEY, MAX_MODEL, clean_model
from core.endpoints.editing import EndpointView, endpoint_of, remove_endpoint, set_endpoint
from core.endpoints.serving import destination_of, installed, own_address, prices_of
from core.endpoints.values import Destination, Prices

__all__ = [
    "MAX_KEY",
    "MAX_MODEL",
    "Destination",
    "EndpointView",
    "Prices",
    "clean_model",
    "destination_of",
    "endpoint_of",
    "installed",
    "own_address",
    "prices_of",
    "remove_endpoint",
    "set_endpoint",
]
