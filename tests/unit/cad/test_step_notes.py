"""What a STEP file tells people is shown, and nothing where it tells nothing."""

from partsight.cad.readers.step_notes import step_notes
from tests.unit.cad.assemblies import Assembly
from tests.unit.cad.conftest import read_here

FILE = r"""
#1=PRODUCT('4711-03','Tr\X\E4ger','',(#9));
#2 = PRODUCT ( 'BOLT' , 'BOLT','',(#9));
#3=PRESENTATION_LAYER_ASSIGNMENT('construction','',(#20));
#4=PRESENTATION_LAYER_ASSIGNMENT('body','',(#21));
#5=INVISIBILITY((#3,
 #30));
#6=CAMERA_MODEL_D3('Front
 view',#40,#41);
#7=DIMENSIONAL_SIZE(#50,'diameter');
#8=( FLATNESS_TOLERANCE() GEOMETRIC_TOLERANCE('t','',#1,#2) );
#10=POSITION_TOLERANCE('p','',#1,#2);
#11=DATUM('A','',#1,.F.,'A');
#12=DIMENSIONAL_LOCATION('distance','',#50,#51);
#13=TEXT_LITERAL('note','deburr all edges',#60,'left',.RIGHT.,#61);
"""


def test_each_kind_of_note_is_a_row():
    assert dict(step_notes(FILE.encode())) == {
        "Part numbers": "4711-03 (Träger)",
        "Layers": "construction (off), body",
        "Saved views": "Front view",
        "Dimensions and notes": "2 dimension(s), 2 tolerance(s), 1 datum(s), “deburr all edges”",
    }


def test_a_file_without_notes_has_no_rows():
    assert step_notes(b"#1=PRODUCT('a','a','',(#9));\n#2=CARTESIAN_POINT('',(0.,0.,0.));") == ()


def test_long_lists_are_cut():
    rows = dict(step_notes(b"\n".join(b"#%d=CAMERA_MODEL_D3('view %d',#1,#2);" % (k, k) for k in range(14))))
    assert rows["Saved views"].endswith("view 9 and 4 more")


def test_layers_of_a_file_are_in_its_figures(box, tmp_path):
    made = Assembly()
    block = made.product("block", box)
    made.layer("sheet metal", block, is_visible=True)
    ((_, facts),) = read_here(made.write(tmp_path / "a.step"))
    assert dict(facts.notes)["Layers"] == "sheet metal"
