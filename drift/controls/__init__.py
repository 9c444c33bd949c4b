"""Run the controls that apply to a resource, and weigh each result."""
