"""Aurora DSQL on this machine: a stand-in that refuses what DSQL refuses."""
