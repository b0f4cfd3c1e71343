#!/bin/sh
# launch/venv.sh FOLDER: make a virtual environment with a Python that is new enough, or say what is missing.
set -eu
folder=$1
new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

if "$folder/bin/python" -c "$new_enough" >/dev/null 2>&1 && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    # Run, not only found: a version manager leaves commands that exist and fail.
    if "$python" -c "$new_enough" >/dev/null 2>&1; then
        if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
            echo "$python has no venv module: install it (on Debian and Ubuntu: apt-get install python3-venv) and run make again." >&2
            exit 1
        fi
        exec "$python" -m venv --clear "$folder"
    fi
done

found=$("${PYTHON:-python3}" --version 2>&1) || found="none"
echo "Plumbline needs Python 3.11 or newer and found $found: install it, or name one with make run PYTHON=/path/to/python3." >&2
exit 1
