"""From our documents to another system's bytes and back, as an integrator's file of data says."""
