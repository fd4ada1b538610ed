"""The error for users, and the message for a missing extra."""


class InputError(ValueError):
    """An error that the user can fix in the input, the settings or the machine.

    The message is one sentence that says what is wrong, where, and how to fix it. Commands print it
    without a traceback.
    """


def missing_extra(need: str, extra: str) -> str:
    """Say that packages of an extra are not installed, and how to install them.

    need (str): What needs which package, such as "Parquet files need PyArrow".
    extra (str): The extra.
    RETURNS (str): The sentence.
    """
    return f"{need}, which is not installed: run {install_extra(extra)}."


def install_extra(extra: str) -> str:
    """Make the command that installs an extra.

    extra (str): The extra.
    RETURNS (str): The command.
    """
    return f'python -m pip install "spacy-birnn[{extra}]"'
