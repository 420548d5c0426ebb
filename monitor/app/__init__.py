"""The composition root: finds the plug-ins, reads the books, builds and runs the roles."""
