"""Token verification, IAM policy decision, role mappings. Pure; time is an argument."""
