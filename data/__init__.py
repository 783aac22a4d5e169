"""What a message and its labels are: taxonomy, records, language, cleaning, the written corpus."""
