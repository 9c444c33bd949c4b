"""Find out whether anybody used a resource while an incident exposed it."""
