"""Many wheels from one command, each built in a process of its own.

* :mod:`.matrix`: reads the files that list them.
* :mod:`.jobs`: what is to be built, and its outcome.
* :mod:`.prepare`: plans all of them before anything is built, and finds every mistake.
* :mod:`.run`: builds as many at once as there are processors.
* :mod:`.processes`: starts, watches and ends processes.
* :mod:`.worker`: the process that builds one wheel.
* :mod:`.reuse`: whether a wheel would be the same if it were built again.
"""
