"""What lies behind the complaints, in figures: counts that are true, for people who can change something."""
