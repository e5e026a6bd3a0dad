"""Lifecycle of a deployment; runs the CDK CLI as a process."""
