"""Facts about ARM documents: resource types, references between resources, links into the portal."""
