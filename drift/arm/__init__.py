"""Resource types, references between resources, and links into the Azure portal."""
