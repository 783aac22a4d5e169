"""Tables of any length, read and written a few rows at a time: CSV, JSONL, XLSX and Parquet."""
