"""A screen as FHIR resources: what it holds once, then how R4B and R5 write it."""
