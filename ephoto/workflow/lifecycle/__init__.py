"""What may happen to an application and its card, and what becomes of them: pure functions on values, no storage."""
