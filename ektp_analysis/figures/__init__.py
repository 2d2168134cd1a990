"""Analysis tables → matplotlib figures; nothing here reads a file or computes a result."""
