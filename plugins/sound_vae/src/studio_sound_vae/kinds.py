"""What a sound can be: names for people, and the classes of the data."""

KINDS = {
    "kick": "kick",
    "snare": "snare",
    "clap": "clap",
    "hihat": "hihat",
    "cymbal": "cymbal",
    "tom": "tom",
    "conga": "conga",
    "tabla": "tabla",
    "percussion": "percussion",
    "bass": "bass",
    "guitar": "guitar",
    "electronic": "electric",
    "interface": "ui",
    "glitch": "glitch",
    "texture": "ambient",
    "noise": "noise",
    "effect": "misc",
}
