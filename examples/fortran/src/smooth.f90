subroutine smooth(n, values, means)
    implicit none
    integer, intent(in) :: n
    double precision, intent(in) :: values(n)
    double precision, intent(out) :: means(n)
    integer :: i
    do i = 1, n
        means(i) = sum(values(max(i - 1, 1):min(i + 1, n))) / (min(i + 1, n) - max(i - 1, 1) + 1)
    end do
end subroutine
