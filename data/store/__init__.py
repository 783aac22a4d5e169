"""The ticket store: tickets, redacted, with everything that models and people said of them."""
