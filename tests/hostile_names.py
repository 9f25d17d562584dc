"""Names that file systems allow and programs trip over."""

NAMES = (
    "O'Brien",
    'a"b',
    "a b ",
    "#1",
    "50%",
    "%2F%41",
    "[rev2]",
    "{x}",
    "$HOME",
    "back\\slash",
    "-dash",
    "what?",
    "*",
    "a;b&c|d<e>f",
    "~!@^=+,`",
    "a:b",
    "Ünï 部品",
    "two\nlines",
    "a\tb\u2028c\x85d",
    "yolov5n.pt",
)
ALL_IN_ONE = 'O\'B "q" #1 50% %2F [rev2] {x} $HOME b\\s ü部 *?;&|<b>~!:\n-'
"""Short enough for a name of 255 bytes, and of all signs above."""
