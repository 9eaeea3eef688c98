"""Runs a program until standard input ends, then ends it: so nothing outlives the tests that started it, even if they
crash. The program has the process id of this script. Usage: while_input_lasts.py PROGRAM ARGUMENT…
"""

import os
import signal
import sys
import time


def end(program):
    """Kills our parent if it is still the program; otherwise its id may have been reused."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if os.getppid() == program:
            os.kill(program, number)
        until = time.monotonic() + 10
        while os.getppid() == program and time.monotonic() < until:
            time.sleep(0.05)


def main():
    # The program inherits the signals blocked by the thread that started this; nginx would never get SIGTERM.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    program = os.getpid()
    if os.fork() == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)  # the program's exit must close its output
        os.dup2(nowhere, 2)
        while os.read(0, 4096):
            pass
        end(program)
        os._exit(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
