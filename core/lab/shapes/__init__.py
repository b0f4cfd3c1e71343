"""The forms in which other products export calls, each made into a row of our own."""

from core.lab.shapes.recognising import FOREIGN, Shape, own_row

__all__ = ["FOREIGN", "Shape", "own_row"]
