"""The words of a command line: commands, actions and options, and what is said of a word that is none."""
