"""Production: packages for the card bureau, drops, hot folders of printers, and receipts read back."""
