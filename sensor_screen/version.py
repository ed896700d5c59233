"""The version of the software, stored with everything that it makes."""

__version__ = "0.1.0"
