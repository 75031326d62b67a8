"""Photo checks: what is measured on a face photo, and what a rule says of it."""
