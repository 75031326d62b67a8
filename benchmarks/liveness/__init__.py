"""Liveness screening on rendered clips: see __main__."""
