"""The one exception that means: the user can mend this."""


class UserError(Exception):
    """A mistake in what the user gave: a flag, a file, a shape.

    Its message is one clear sentence that names what is at fault and what to do about it. The command line
    prints it without a traceback and exits with status 2; a library caller sees an ordinary exception.
    """
