"""Bytes of sensors and samples, no I/O: whoever has a radio, a file or a socket feeds it.

One module a sensor family; `blocks.py` is what all of them give.
"""
