"""A package whose pyproject.toml says all there is to say."""


def main() -> None:
    print("main")
