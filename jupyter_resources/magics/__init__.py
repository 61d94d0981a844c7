"""IPython magics: parse, dispatch, return an object."""
