#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <shapes.hpp>

static PyObject *perimeter_of(PyObject *, PyObject *side) {
    double value = PyFloat_AsDouble(side);
    if (PyErr_Occurred())
        return nullptr;
    return PyUnicode_FromString(perimeter(value).c_str());
}

static PyMethodDef methods[] = {{"perimeter", perimeter_of, METH_O, "The perimeter of a square."},
                                {nullptr, nullptr, 0, nullptr}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", nullptr, -1, methods,
                             nullptr, nullptr, nullptr, nullptr};

PyMODINIT_FUNC PyInit__core() { return PyModule_Create(&module); }
