"""A company's own table of labelled messages: read, checked, given a taxonomy and split, so that it can be learnt."""
