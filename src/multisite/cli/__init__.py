"""The command line: parsing, printing, exit codes; one file per group of commands.

Nothing is decided here: a command loads the configuration, calls the runner and prints what came back. Importing the
package stays cheap, because every command imports what it needs when it runs.
"""
