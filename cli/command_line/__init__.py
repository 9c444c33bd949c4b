"""The words of a command line: commands, actions and options, and the messages about an unknown word."""
