"""Evaluate the controls that apply to a resource: outcome, severity, exceptions."""
