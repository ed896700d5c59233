"""Reference firmware of the open sensor protocol: everything but the radio.

Pure logic, the same for MicroPython and CPython (3.11 or later). It has no radio, no clock, no
thread and no printing: what happens is told to `sensor.Sensor` together with the time, and what is
to be sent is fetched from it.
"""
