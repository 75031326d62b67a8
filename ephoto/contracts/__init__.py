"""What travels between ephoto and other systems: versioned JSON Schemas, which either side may be held against."""
