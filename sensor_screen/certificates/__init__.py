"""TLS of the service: an own authority for a local network, and the certificates of others.

The only room that imports `cryptography.x509`. Files of keys are written here and nowhere else.
"""
