"""The command line's commands: one a file, loaded when it is called."""
