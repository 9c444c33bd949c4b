"""How a resource names another: by an id somewhere in its document."""
