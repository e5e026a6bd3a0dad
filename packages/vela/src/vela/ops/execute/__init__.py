"""Runs a plan, step by step; each step first looks whether it is already done."""
