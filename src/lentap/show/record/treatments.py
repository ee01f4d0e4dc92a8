"""What the arms of published studies received, and what their designs are called."""

TRIPLE = "TACE, lenvatinib and a PD-(L)1 inhibitor"
DOUBLET = "TACE and lenvatinib"
TACE = "TACE alone"
MIXED = "Combinations as their authors pooled them"
UNRESOLVED = "allocation unresolved"
DESIGNS = ("randomised", "cohort", "single arm", "pooled estimate", UNRESOLVED)
# of the arm as a fact words it
REGIMENS = {
    "LEN-TAP": TRIPLE,
    "TACE+LEN+PD-1": TRIPLE,
    "TACE+LEN+PD-(L)1": TRIPLE,
    "TACE+LEN+camrelizumab": TRIPLE,
    "TACE+LEN+toripalimab": TRIPLE,
    "TACE+LEN+envafolimab": TRIPLE,
    "TACE+LEN+pembrolizumab": TRIPLE,
    "triple therapy": TRIPLE,
    "durvalumab+bevacizumab+TACE": "TACE, bevacizumab and durvalumab",
    "LEN+TACE": DOUBLET,
    "TACE+LEN": DOUBLET,
    "doublet": MIXED,
    "locoregional+systemic": MIXED,
    "TACE": TACE,
    "TACE+placebo": TACE,
    "LEN": "Lenvatinib alone",
}
_PARTS = {
    TRIPLE: ("TACE", "anti-angiogenic", "PD-(L)1 inhibitor"),
    "TACE, bevacizumab and durvalumab": ("TACE", "anti-angiogenic", "PD-(L)1 inhibitor"),
    DOUBLET: ("TACE", "anti-angiogenic"),
    TACE: ("TACE",),
    "Lenvatinib alone": ("anti-angiogenic",),
}


def design_class(words: str) -> str:
    """The class of a design as a fact words it: randomised, cohort, single arm, or pooled estimate."""
    classes = {"meta-analysis": "pooled estimate", "RCT": "randomised", "single arm": "single arm"}
    return next((name for word, name in classes.items() if word in words), "cohort")


def added(regimen: str, control: str) -> str:
    """The question a comparison of two regimens answers: what was added to what."""
    parts, base = (_PARTS.get(one, (one,)) for one in (regimen, control))
    if not set(base) <= set(parts):
        return f"{regimen} against {control}"
    asked = f"{' + '.join(part for part in parts if part not in base)} added to {' + '.join(base)}"
    return asked[:1].upper() + asked[1:]
