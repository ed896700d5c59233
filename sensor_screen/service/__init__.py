"""What clinics and phones ask of the service: its use cases, without HTTP."""
