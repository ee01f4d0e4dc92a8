"""FCS files are read as the standard says, and what cannot be read says why on one line."""

import io

import numpy as np
import pytest

from lentap.errors import DataError
from lentap.immune.fcs import Acquisition, read_fcs
from tests.immune.conftest import fcs

EVENTS = [[100.0, 10.0, 1.0], [200.0, 20.0, 2.0]]
NAMES = ["FSC-A", "PE-A", "APC-A"]
SPILL = "2,PE-A,APC-A,1,0.1,0.2,1"


def read(content: bytes) -> Acquisition:
    return read_fcs(io.BytesIO(content), "tube.fcs")


def refusal(content: bytes) -> str:
    with pytest.raises(DataError) as error:
        read(content)
    message = str(error.value)
    assert message.startswith("tube.fcs: ")
    assert "\n" not in message
    return message


def test_events_and_channels_are_those_of_the_file() -> None:
    found = read(fcs(EVENTS, NAMES, {"PE-A": "CD38"}))
    assert found.events.tolist() == EVENTS
    assert [(c.name, c.marker, c.top) for c in found.channels][1] == ("PE-A", "CD38", 262144)
    assert found.version == "3.1"


def test_gain_divides_and_logarithmic_amplification_is_undone() -> None:
    """FCS 3.1, 3.2.20: channel value / $PnG; 10 ** (decades * channel / $PnR) * offset, here 10 ** (4 * 512 / 1024)."""
    found = read(fcs([[512, 512]], ["A", "B"], DATATYPE="I", P1E="4,1", P1R="1024", P2R="1024", P2G="8"))
    assert found.events.tolist() == [[100.0, 64.0]]


def test_an_offset_of_zero_on_a_logarithmic_scale_counts_as_one() -> None:
    found = read(fcs([[256, 0]], ["A", "B"], DATATYPE="I", P1E="4,0", P1R="1024", P2R="1024"))
    assert found.events[0, 0] == pytest.approx(10.0)


@pytest.mark.parametrize("keyword", ["SPILLOVER", "SPILL"])
def test_spillover_is_removed_by_the_inverse_of_the_files_matrix(keyword: str) -> None:
    stain = np.array([[1000.0, 0.0], [0.0, 500.0], [40.0, 3.0]])
    seen = stain @ np.array([[1, 0.1], [0.2, 1]])
    found = read(fcs([[1.0, *row] for row in seen.tolist()], NAMES, **{keyword: SPILL}))
    for channel in (1, 2):
        assert found.intensities(channel) == pytest.approx(stain[:, channel - 1], abs=1e-3)
    assert found.intensities(1, np.array([2])) == pytest.approx([40], abs=1e-3)
    assert found.intensities(0).tolist() == [1.0, 1.0, 1.0]
    assert found.compensation == f"${keyword} of the file, 2 detectors"


def test_channels_compensated_before_export_are_not_compensated_again() -> None:
    found = read(fcs(EVENTS, ["FSC-A", "Comp-PE-A", "Comp-APC-A"], SPILLOVER=SPILL))
    assert found.spillover is None
    assert "not applied again" in found.compensation


def test_a_marker_is_found_by_its_name_alone_and_by_words_of_a_longer_one() -> None:
    markers = {"A-A": "CD3 BV421", "B-A": "CD38-PE", "C-A": "HLA-DR APC"}
    found = read(fcs([[1.0, 2.0, 3.0, 4.0]], ["A-A", "B-A", "C-A", "CD8-A"], markers))
    assert [found.channel(name) for name in ("CD3", "CD38", "HLA-DR", "hladr", "CD8")] == [0, 1, 2, 2, 3]
    assert found.channel("Kappa", ("DR",)) == 2


def test_of_area_and_height_of_one_marker_the_area_is_taken() -> None:
    found = read(fcs([[1.0, 2.0]], ["PE-H", "PE-A"], {"PE-H": "CD38", "PE-A": "CD38"}))
    assert found.channel("CD38") == 1


def test_a_marker_that_is_not_there_or_there_twice_is_refused_by_name() -> None:
    found = read(fcs(EVENTS, NAMES, {"PE-A": "CD38", "APC-A": "CD 38"}))
    with pytest.raises(DataError, match=r"CD38 could be CD38 \(PE-A\) and CD 38 \(APC-A\)"):
        found.channel("CD38")
    with pytest.raises(DataError, match=r"no channel for CD3.*FSC-A, CD38 \(PE-A\)"):
        found.channel("CD3")


def test_a_file_cut_short_says_so() -> None:
    whole = fcs(EVENTS, NAMES)
    for missing in (1, 4, 12, 23):
        assert "cut short" in refusal(whole[:-missing])


def test_offsets_that_contradict_each_other_are_refused() -> None:
    whole = fcs(EVENTS, NAMES)
    start = int(whole[26:34])
    assert "wrong offsets" in refusal(whole[:26] + f"{start + 4:>8}".encode() + whole[34:])
    for end in (start + 21, start + 19):
        shorter = fcs(EVENTS, NAMES, ENDDATA=f"{end:08d}")
        assert "wrong offsets" in refusal(shorter[:34] + f"{end:>8}".encode() + shorter[42:])


def test_fewer_events_than_told_are_refused() -> None:
    assert "$TOT says 3 events, its data hold 2" in refusal(fcs(EVENTS, NAMES, TOT="3"))


def test_a_file_without_events_is_refused() -> None:
    assert "no events" in refusal(fcs([], NAMES))


def test_values_that_are_no_number_are_refused() -> None:
    assert "1 events with values that are no number" in refusal(fcs([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0]], NAMES))


@pytest.mark.parametrize("content", [b"", b"FCS3.1", b"PK\x03\x04" + bytes(200), b"a,b\n1,2\n" * 50])
def test_what_is_no_fcs_file_is_refused(content: bytes) -> None:
    assert "no FCS file, or damaged" in refusal(content)


@pytest.mark.parametrize(
    ("matrix", "why"),
    [
        ("2,PE-A,APC-A,1,0.1,0.2", "no square matrix"),
        ("2,PE-A,FITC-A,1,0,0,1", "names FITC-A, which is none of its channels"),
        ("2,PE-A,APC-A,1,1,1,1", "cannot be inverted"),
    ],
)
def test_a_spillover_matrix_that_cannot_be_used_is_refused(matrix: str, why: str) -> None:
    assert why in refusal(fcs(EVENTS, NAMES, SPILLOVER=matrix))


def test_a_byte_order_that_would_be_guessed_is_refused() -> None:
    assert "not read on a guess" in refusal(fcs(EVENTS, NAMES, BYTEORD="3,4,1,2"))


def test_a_missing_keyword_is_named() -> None:
    assert "the keyword $TOT is missing" in refusal(fcs(EVENTS, NAMES).replace(b"$TOT", b"$TAT"))


def test_histograms_are_refused() -> None:
    assert "list mode" in refusal(fcs(EVENTS, NAMES, MODE="C"))
