int square(int number) { return number * number; }
