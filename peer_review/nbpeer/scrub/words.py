"""Words that are names of people, too: as such they are replaced only where the text says that somebody is meant."""

import builtins
import keyword

_CALENDAR = """
    january february march april may june july august september october november december
    januar februar marz maerz mai juni juli oktober dezember janvier fevrier mars avril juin juillet aout
    enero abril mayo junio julio agosto octubre monday tuesday wednesday thursday friday saturday sunday
    jan feb mar apr jun jul aug sep oct nov dec domingo
"""
_TECHNICAL = """
    data test user student learner admin model train score value index label panda pandas nan plot line bar hist figure
    axis sample random seed result answer course cohort mentor instructor teacher peer pair root home series frame array
    table column row key name mean median mode sum count std var size shape type class python ruby pascal alpha beta
    gamma delta sigma lambda omega theta poisson gauss bayes markov euler fisher taylor
"""
_EVERYDAY = """
    amber angel archer ash autumn baker ball banks bean bell berry best bill bird bishop black bliss brook brown buck
    bush butler can carol carpenter case chad chance charity chase christian chuck church clay cliff cook cotton cross
    daisy dale dawn day dean destiny dick dong don dot drew duke earl early ellipse eve faith fern field florence foot
    ford forest foster fox frank gates gene german ginger gold good grace grant gray green grim guy hall hand hardy
    harmony harry hart hazel head heath heaven hill holly homes honey hope house hunt hunter iris ivy jack jade jasmine
    jean jewel jordan joy king knight lance land lane laurel law laws lee lemon lily list little long love lovely
    major mark marks marsh mason max mercy merit merry miles mill miller min misty moody moon more moss nick noble norm
    norman north olive page paris parish park parker pat patience pearl peg penny pepper piper pope poppy power powers
    price prince quick ray reed rice rich river rivers rob robin rock roman rose rush sage sandy savage scarlett self
    serene shepherd sharp short silver singer sky small snow sol son song south star sterling stone storm street strong
    sue summer sun sunny sweet temple trace trinity van victor violet wade ward water waters way wells west white will
    willow winter wise wolf wood woods worth wren young
    and the not all any for are but his her him she you our its was has had how who why one two new old see out let
    aber auch auf aus das dem den der des die ein eine fur mit und uns von zum zur
    aux car ces des elle est les leur mais mes mon nos par pas pour que qui ses son sur tes une vos
    con del las los mas muy para pero por sin sus una uno
    che gli nel per piu sua suo
"""

TECHNICAL = frozenset(_CALENDAR.split()) | frozenset(_TECHNICAL.split()) | {"series"}
"""Words that stand with a capital, after "by" and "from", and with "'s" without meaning anybody."""

_COMMON = (
    TECHNICAL | frozenset(_EVERYDAY.split()) | frozenset(name.lower() for name in [*keyword.kwlist, *dir(builtins)])
)

PARTICLES = frozenset(
    """
    van von der den de da do dos das del della di du la le los las el al bin bint ibn abu ten ter zu zur jr sr ii iii iv
    dr prof mr mrs ms phd msc bsc y e i
    """.split()  # noqa: SIM905
)
"""Parts of names that alone say nothing about anybody."""

_SHORTEST = 3
_FEWEST_DIGITS = 6


def is_common(word: str) -> bool:
    """Say whether a folded word is also something else than a name, or too short to tell."""
    if word.isdigit():
        return len(word) < _FEWEST_DIGITS
    return word in _COMMON or word in PARTICLES or (len(word) < _SHORTEST and word.isascii())
