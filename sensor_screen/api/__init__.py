"""HTTP and WebSocket face of the service: the only room that imports FastAPI."""
