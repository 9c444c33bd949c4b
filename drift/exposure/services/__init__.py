"""How each service says whether it was used while it was open."""
