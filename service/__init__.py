"""What other people's systems talk to: the HTTP application, its limits, its scheduling and its pages."""
