"""The Lambda function: handler (the edge), routes, services."""
