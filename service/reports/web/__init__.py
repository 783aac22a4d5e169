"""The reports in a browser and for programs: addresses, forms, charts, files."""
