"""The domain: what drift is, when it opens and closes, who must be told. Standard library only."""
