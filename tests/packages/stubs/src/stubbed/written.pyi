def f(x: str) -> str: ...  # by hand
