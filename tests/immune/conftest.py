"""A hand-made FCS file, byte by byte, and the simulated files of the shipped trial."""

import struct
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from lentap.files import data_dir
from lentap.immune.gates import GatingTree, load_gates
from lentap.simulate import load_assumptions
from lentap.simulate.cytometry import FlowFile, flow_files

Writer = Callable[..., bytes]


def fcs(events: list[list[float]], names: list[str], markers: dict[str, str] | None = None, **keywords: str) -> bytes:
    """An FCS 3.1 file as the standard lays it out; ``keywords`` without $ replace its own, ``None`` removes one."""
    kind = keywords.get("DATATYPE", "F")
    data = b"".join(struct.pack(f"<{len(row)}{'f' if kind == 'F' else 'H'}", *row) for row in events)
    text = {"BYTEORD": "1,2,3,4", "DATATYPE": kind, "MODE": "L", "NEXTDATA": "0", "PAR": str(len(names))}
    text |= {"TOT": str(len(events)), "BEGINANALYSIS": "0", "ENDANALYSIS": "0", "BEGINSTEXT": "0", "ENDSTEXT": "0"}
    for i, name in enumerate(names, 1):
        text |= {f"P{i}N": name, f"P{i}B": "32" if kind == "F" else "16", f"P{i}E": "0,0", f"P{i}R": "262144"}
        text |= {f"P{i}S": markers[name]} if markers and name in markers else {}
    text |= keywords
    start = 58 + len(_text(text | {"BEGINDATA": "0" * 8, "ENDDATA": "0" * 8}))
    text = {"BEGINDATA": f"{start:08d}", "ENDDATA": f"{start + len(data) - 1:08d}"} | text
    head = f"FCS3.1    {58:>8}{start - 1:>8}{start:>8}{start + len(data) - 1:>8}{0:>8}{0:>8}"
    return head.encode() + _text(text) + data


def _text(words: dict[str, str]) -> bytes:
    return ("/" + "".join(f"${key}/{word}/" for key, word in words.items())).encode()


@pytest.fixture(scope="session")
def adim() -> pd.DataFrame:
    return pd.read_csv(data_dir() / "trial" / "adim.csv")


@pytest.fixture(scope="session")
def simulated(adim: pd.DataFrame) -> list[FlowFile]:
    return flow_files(load_assumptions(), adim)


@pytest.fixture(scope="session")
def tree() -> GatingTree:
    return load_gates()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)
