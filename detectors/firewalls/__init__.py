"""Rules shared by controls of service firewalls."""
