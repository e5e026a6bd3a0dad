"""Vela: a serverless web platform whose only relational database is Amazon Aurora DSQL."""
