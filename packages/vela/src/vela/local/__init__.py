"""The cloud on this machine: the AWS API emulator and dsql-local, as processes."""
