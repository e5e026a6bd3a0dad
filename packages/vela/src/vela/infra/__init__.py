"""The CDK app: stacks compose and grant; constructs hold one idea each."""

import os

# jsii prints eleven lines about Node 20 at every start; the set-up checks Node's version itself.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
