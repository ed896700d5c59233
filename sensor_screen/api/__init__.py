"""The API: who may ask, in which form, and what is answered. The only importer of FastAPI."""
