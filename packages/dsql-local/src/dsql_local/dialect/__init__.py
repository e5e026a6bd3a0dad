"""What Aurora DSQL's SQL is and is not: rules as rows, over PostgreSQL's own parse tree.

`Classifier.classify` tells what to do with each statement of a text; `transaction` tells what a
statement may do where it stands; `reference` writes the rules down. Nothing here does I/O: the
session sends, in the order of the client's messages,

1. for each `Statement`, what `transaction.step` says of it: a `Refusal` becomes a statement that
   makes PostgreSQL raise it, so that PostgreSQL keeps the order and the state of the transaction,
   and answers 25P02 by itself where a block has failed;
2. its questions, each as a statement before it: a row is the message of a refusal;
3. its text, or the text of its `Rewrite`, with everything around its span unchanged.

At each ReadyForQuery, `transaction.settled` takes PostgreSQL's word for where things stand. A
COMMIT that is refused (by age or size) is a ROLLBACK to PostgreSQL.

Not decided here: rows and bytes written, types of expressions in index keys, text search
configurations and other objects that a cluster's database simply does not have.
"""
