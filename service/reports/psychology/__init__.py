"""Why people complain: what they want and miss, how they feel, what to do about it, and in which words."""
