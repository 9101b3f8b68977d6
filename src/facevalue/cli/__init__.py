"""The command line: parse, call one function, print.

May import everything; nothing imports it. Results go to stdout, everything else to
stderr. Must never compute a figure. Heavy packages load inside the commands.
"""
