"""What rises: alarms and early signs, and whom they and the digests are sent to."""
