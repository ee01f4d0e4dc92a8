"""Lets ``python -m lentap`` work in a checkout where only ``requirements.txt`` has been installed.

This folder is no package: where the real one is installed, Python finds that first.
"""

import os
import runpy
import sys
from pathlib import Path

source = str(Path(__file__).resolve().parents[1] / "src")
sys.path.insert(0, source)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH", "")]))
for name in [name for name in sys.modules if name.partition(".")[0] == "lentap"]:
    del sys.modules[name]
runpy.run_module("lentap", run_name="__main__", alter_sys=True)
