from . import answer


def main() -> None:
    print("main", answer())


if __name__ == "__main__":
    main()
