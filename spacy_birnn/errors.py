"""The error for users."""


class InputError(ValueError):
    """An input, a setting or the machine is not as it must be.

    The message is one sentence that says what is wrong, where, and how to fix it. Commands print it
    without a traceback.
    """
