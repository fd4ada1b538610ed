"""Checks of the settings of architectures.

They raise the errors of spaCy's config system, which `spacy train` shows without a traceback.
"""

from typing import Collection

from thinc.api import ConfigValidationError


def check(condition: bool, block: str, setting: str, message: str) -> None:
    """Check a condition.

    condition (bool): The condition.
    block (str): Name of the architecture.
    setting (str): Name of the setting.
    message (str): The fault of its value, and the fix.
    RAISES (ConfigValidationError): A ValueError, if the condition does not hold.
    """
    if not condition:
        raise ConfigValidationError(
            title=f"Config error for 'spacy_birnn.{block}.v1'",
            errors=[{"loc": [setting], "msg": message}],
        )


def check_at_least(block: str, least: int, **values: int) -> None:
    """Check the lower bound of settings.

    block (str): Name of the architecture.
    least (int): Smallest legal value.
    **values (int): Values of settings.
    RAISES (ConfigValidationError): If a value is smaller.
    """
    for setting, value in values.items():
        check(value >= least, block, setting, f"{value} is too small, it must be at least {least}")


def check_rate(block: str, setting: str, value: float) -> None:
    """Check a dropout rate.

    block (str): Name of the architecture.
    setting (str): Name of the setting.
    value (float): Its value.
    RAISES (ConfigValidationError): If the value is not in [0, 1).
    """
    check(0.0 <= value < 1.0, block, setting, f"{value} must be in [0, 1)")


def check_choice(block: str, setting: str, value: str, choices: Collection[str]) -> None:
    """Check a choice.

    block (str): Name of the architecture.
    setting (str): Name of the setting.
    value (str): Its value.
    choices (Collection[str]): The legal values.
    RAISES (ConfigValidationError): If the value is not one of them.
    """
    known = ", ".join(f"'{choice}'" for choice in choices)
    check(value in choices, block, setting, f"'{value}' is unknown, it must be one of: {known}")
