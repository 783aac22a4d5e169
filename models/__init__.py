"""What a classifier is: its artifact on disk, its engine, and the decisions that it makes."""
