"""What Aurora DSQL's SQL is and is not: rules as rows, over PostgreSQL's own parse tree.

`Classifier.classify` tells what to do with each statement of a text; `transaction` tells what a
statement may do where it stands; `reference` writes the rules down.
"""
