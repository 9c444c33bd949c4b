"""Follow resources that got another id."""
