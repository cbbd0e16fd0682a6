def count_primes(int limit):
    """Return how many primes are below a limit."""
    cdef int candidate, divisor, count = 0
    for candidate in range(2, limit):
        divisor = 2
        while divisor * divisor <= candidate and candidate % divisor:
            divisor += 1
        count += divisor * divisor > candidate
    return count
