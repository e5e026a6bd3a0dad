"""What the routes ask: each service is one idea and knows nothing of HTTP."""
