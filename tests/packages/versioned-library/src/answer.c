/* So many numbers that a copy of the library is worth mentioning. */
static const unsigned numbers[] = {
#define A(n) (n) * 2654435761u, (n) * 2246822519u, (n) * 3266489917u, (n) * 668265263u,
#define B(n) A(n) A(n + 1) A(n + 2) A(n + 3) A(n + 4) A(n + 5) A(n + 6) A(n + 7)
#define C(n) B(n) B(n + 8) B(n + 16) B(n + 24) B(n + 32) B(n + 40) B(n + 48) B(n + 56)
    C(1) C(65) C(129) C(193)
};
int answer(unsigned n) { return numbers[n % 1024] ? 42 : 0; }
