"""Analysis tables → great_tables tables for the page, and the same frame for download."""
