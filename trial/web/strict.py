"""Missing template variables fail instead of printing nothing. For test settings only."""


class MissingVariableError(Exception):
    """A template prints a variable that its context does not have."""


class Strict(str):
    """Give as TEMPLATES["OPTIONS"]["string_if_invalid"]; Django formats it with the name.

    Variables in {% if %} and {% for %} may still be missing, as Django itself defines.
    """

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> str:
        raise MissingVariableError(f"The template variable {variable} is not defined.")


STRICT = Strict("strict")
