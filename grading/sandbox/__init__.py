"""The sandbox trainees' code runs in. Standard library only: these files also run inside it.

    outer.py    a root without the machine's files, network and processes; starts a program in it
    zygote.py   that program: Python with the notebook packages imported; forks a box on request
    box.py      one submission: namespaces, user, files, memory and processes of its own
    shell.py    one notebook in a box: an IPython kernel without a socket
    kernel.py   one notebook in a box that needs a real kernel: another language, widgets, CUDA
    sealed.py   two shells that call each other's functions: tests in a process of their own
                (conversing.py, deeds.py, exports.py, remote.py, values.py, arrays.py, mirroring.py)

The controller (`grading/boxes.py`) is outside. It holds the tests and hands them in cell by cell.
"""
