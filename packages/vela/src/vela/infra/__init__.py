"""The CDK app: stacks compose and grant; constructs hold one idea each."""
