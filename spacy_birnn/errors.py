"""The error for users."""


class InputError(ValueError):
    """An error that the user can fix in the input, the settings or the machine.

    The message is one sentence that says what is wrong, where, and how to fix it. Commands print it
    without a traceback.
    """
