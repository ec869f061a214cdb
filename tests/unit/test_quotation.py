"""Values with line breaks told apart from rows that stray quotation marks take in."""

from __future__ import annotations

import pytest

from pipeline.quotation import count_lines, doubtful_quotation, line_of

HEADER = "id,name,address,note\n"

LEGITIMATE = {
    "an address on two lines": '1,Ann,"1 High St\nLeeds",x\n',
    "an address of two lines with commas": '1,Ann,"1 High St, Flat 2\nLeeds, LS1",x\n',
    "doubled marks within": '1,Ann,"the ""Old""\nMill",x\n',
    "a note at the end of the row": '1,Ann,1 High St,"one\ntwo\nthree"\n',
    "the last value of the file": '1,Ann,1 High St,"one\ntwo"',
    "Windows line ends": '1,Ann,"1 High St\r\nLeeds",x\r\n',
    "a mark within a value": '1,Ann "Nan" Lee,1 High St,x\n',
    "every value quoted": '"1","Ann, B","1 High St\nLeeds","x"\n',
}

DOUBTFUL = {
    "marks at the start of two values": ('1,"Ann,a,x\n2,Bob,b,y\n3,"Cy,c,z\n', 2),
    "marks at the start and the end": ('1,"Ann,a,x\n2,Bob,b,y\n3,Cy",c,z\n', 2),
    "marks in neighbouring rows": ('0,Al,c,w\n1,"Ann,a,x\n2,Bob",b,y\n', 3),
    "marks in the last column": ('1,Ann,a,"x\n2,Bob,b,y\n3,Cy,c,z"\n', 2),
    "marks in the first column": ('"1,Ann,a,x\n2,Bob,b,y\n3",Cy,c,z\n', 2),
    "a closing mark that is missing among quoted values": ('1,Ann,a,"x\n2,Bob,b,"y"\n', 2),
    "a quotation that is never closed": ('1,Ann,a,x\n2,"Bob,b,y\n3,Cy,c,z\n', 3),
    "stray marks after a good quotation": (
        '1,Ann,"1 High St\nLeeds",x\n2,"Bob,b,y\n3,"Cy,c,z\n',
        4,
    ),
    "stray marks in a row that quotes well": ('1,"A, B","b,x\n2,Bob,"c,y\n', 2),
}


@pytest.mark.parametrize("case", LEGITIMATE)
def test_a_value_with_line_breaks_is_left_alone(case: str) -> None:
    assert doubtful_quotation((HEADER + LEGITIMATE[case]).encode(), ",", 4) is None


@pytest.mark.parametrize("case", DOUBTFUL)
def test_rows_taken_in_are_noticed_with_the_line_on_which_it_begins(case: str) -> None:
    rows, line = DOUBTFUL[case]
    text = (HEADER + rows).encode()
    found = doubtful_quotation(text, ",", 4)
    assert found is not None
    assert line_of(text, found.start) == line
    assert found.is_open == (case == "a quotation that is never closed")


def test_lines_are_counted_whatever_ends_them() -> None:
    assert [count_lines(text) for text in (b"a\nb\n", b"a\nb", b"a\r\nb\r\n", b"a\rb")] == [2] * 4
