"""What goes wrong, and what is only worth knowing."""


class VolleyError(Exception):
    """Something failed: the tool ended in a way that it should not, or could not be found."""


class InputError(VolleyError, ValueError):
    """Something given is not right. The text is the tool's own: what failed, where, what was expected and found, and what to do.

    Where it names an option, such as ``--steps-per-octave``, the keyword of that name is meant: ``steps_per_octave``.
    """


class VolleyWarning(UserWarning):
    """What the tool notes: something valid that a careful user wants to know, such as an assumed setting or a sample passed over."""
