%module(package="swig_example") shapes
%inline %{
static double area(double width, double height) { return width * height; }
%}
