"""Counts that are true: what the classifier said, corrected by how it errs, with intervals."""
