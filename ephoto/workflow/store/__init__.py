"""Where applications, their history and their photos lie: SQLite or PostgreSQL, all personal data sealed."""
