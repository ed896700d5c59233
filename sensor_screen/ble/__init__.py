"""Sensors over Bluetooth LE: found, connected again and again, and everything they send stamped.

The only room that imports bleak, and only when something is done with the radio.
"""
