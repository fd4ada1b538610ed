"""Checks of settings: one sentence with what, where and how to mend."""

from typing import Collection


def check_at_least(block: str, name: str, value: int, least: int) -> None:
    """
    block (str): Name of the config block's architecture.
    name (str): Name of the setting.
    value (int): Its value.
    least (int): Smallest legal value.
    RAISES (ValueError): If the value is smaller.
    """
    if value < least:
        raise ValueError(f"{block}: {name} = {value}, but it must be at least {least}.")


def check_rate(block: str, name: str, value: float) -> None:
    """
    block (str): Name of the config block's architecture.
    name (str): Name of the setting.
    value (float): Its value.
    RAISES (ValueError): If the value is not in [0, 1).
    """
    if not 0.0 <= value < 1.0:
        raise ValueError(
            f"{block}: {name} = {value}, but a dropout rate must be at least 0 and less than 1."
        )


def check_choice(block: str, name: str, value: str, choices: Collection[str]) -> None:
    """
    block (str): Name of the config block's architecture.
    name (str): Name of the setting.
    value (str): Its value.
    choices (Collection[str]): The legal values.
    RAISES (ValueError): If the value is not one of them.
    """
    if value not in choices:
        raise ValueError(f"{block}: {name} = '{value}', but it must be one of {sorted(choices)}.")
