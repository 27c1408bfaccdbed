"""Where the text itself says that a word is a person's: home folders, hosts, variables of the environment, addresses.

All patterns are for views (`folding.py`): of plain letters, decoded, in the case in which they were written.
"""

import re

KEPT_OWNERS = frozenset(
    {"jovyan", "user", "username", "you", "me", "shared", "root", "public", "runner", "name", "users"}
)
"""Owners of home folders who are nobody: those of images, of examples, and who has been replaced before."""

OWNER = re.compile(
    r"(?:(?:(?<![\w)\]/.])|(?<=file://))/(?:(?:export|var|nfs|mnt|data|srv|cluster|gpfs|scratch|lustre|global|vol\d*)/(?:[\w-]+/)?)?"
    r"(?:home|homes|Users)/"
    r"|(?<!\w)[A-Za-z]:[\\/]+(?:Users|Documents\ and\ Settings)[\\/]+"
    r"|(?<!\w)/(?:mnt/|cygdrive/)?[a-z]/Users/"
    r"|(?<!\w)/var/(?:spool/)?mail/|(?<!\w)/var/folders/\w\w/"
    r"|/(?:hub/)?user/(?=[^\s/]+/(?:lab|notebooks|tree|files|api|edit|doc|view|proxy|$))"
    r"|linkedin\.com/in/|orcid\.org/(?=\d)"
    r"|(?<!\w)[-dl](?:[r-][w-][xsStT-]){3}[.+@]?\ +\d+\ +"
    r"|\bJUPYTERHUB_(?:USER|API_TOKEN)['\"]?\s*[:=]\s*['\"]?"
    r"|\b(?:USER|USERNAME|LOGNAME|NB_USER|HOSTNAME|COMPUTERNAME|JPY_API_TOKEN)(?:['\"]\s*:\s*['\"]|=['\"]?)"
    r"|\buid=\d+\()"
    r"(?P<owner>(?:[^/\\\s\"'`<>:;,|*?\]\[()\x1f&{}$=]|(?<=\w)\ (?=\w[^/\\\n\"':;<>]{0,30}\\))+)"
)
"""A place that belongs to somebody, whoever it is."""

OWNER_SIGNS = (
    "home", "Users", "Documents and Settings", "/mail/", "folders", "user/", "/in/", "orcid.org", "rw", "r-", "USER",
    "LOGNAME", "HOSTNAME", "COMPUTERNAME", "TOKEN", "uid=",
)  # fmt: skip
"""One of these is in each such place: most texts have none, and need not be searched."""

TILDE = re.compile(r"(?<![\w~/])~(?P<owner>[A-Za-z_][\w.-]*)(?=/)")

EMAIL = re.compile(
    r"(?<![\w.+-])(?P<local>[\w.+-]{1,64})(?:@|\ ?[\[({]\s?(?:at|@)\s?[\])}]\ ?)"
    r"(?P<domain>[\w-]{1,63}(?:(?:\.|\ ?[\[({]\s?(?:dot|\.)\s?[\])}]\ ?)[\w-]{1,63}){1,8})"
)

SAYS_WHOSE = re.compile(
    r"(?:author|committer|from|signed-off-by|co-authored-by|user\.email|mailto|contact)\b[^\n]{0,60}\Z", re.I
)
"""Before an e-mail address: it is somebody's here, not a value in somebody's data."""

ACCOUNT_MARK = re.compile(
    r"(?:(?<![\w.\]])@"
    r"|\b(?:log-?in|account|user\ ?name|user_?id|logname|user|(?:jupyterhub|nb|student|git(?:hub|lab)?)_?user)"
    r"(?:_?name)?['\"]?\s?[:=]\s?['\"]?"
    r"|\b(?:login|account)\s|\bjupyter-|\bgit(?:hub|lab)\.com[/:]|/users?/)\Z",
    re.IGNORECASE,
)
"""Before an account."""

ACCOUNT_AFTER = re.compile(
    r"@[\w.-]+[:~\s$#]|s?-{1,2}(?:laptop|macbook|mbp|imac|pc|desktop|thinkpad|surface|ubuntu)\b", re.I
)
"""After an account: the prompt of a shell, the name of a computer."""

STRONG_MARK = re.compile(
    r"(?:\b(?:(?:re)?written|made|done|created|submitted|solved|coded|prepared|composed|signed|authored|edited|helped|"
    r"handed\ in|work|code|solution|homework|notebook|copyright|\(c\)|©)[ ,]\s?(?:by|from)[\s:]"
    r"|\b(?:author(?:s|ed)?|auteure?s?|autor(?:in|es|a)?|created_by|submitted_by|student_?name|full\ name|first\ ?name"
    r"|last\ ?name|given_?name|family_?name|vorname|nachname|nombre|nom|prenom|team|partners?|group\ members?"
    r"|team\ ?mates?)\b['\"]?\s?[:=]?\s?['\"*_(\[]{0,3}"
    r"|\b(?:i\ am|i'm|my\ name\ is|my\ name's|name\ is|call\ me|ich\ bin|ich\ heiss?e|mein\ name\ ist|je\ suis"
    r"|je\ m'appelle|soy|me\ llamo|mi\ chiamo|sono)\s"
    r"|\b(?:dear|hi|hello|regards|cheers|thanks\ to|thank\ you|thx|together\ with|signed)[ ,:]\s?"
    r"|\b(?:regards|cheers|thanks|wishes|sincerely)[,.!]?\s{0,2}[-*_]{0,2}"
    r"|(?:^|[\n#*|(])\s{0,3}names?\**\s?:\s?[*_]{0,2})\Z",
    re.IGNORECASE,
)
"""Before a name: there is no other way to read it."""

LIST_MARK = re.compile(
    r"\b(?:authors?|students?|team|group|members|partners?)\s?[:=]\s?[^\n.;]{0,60}(?:,|&|and|und|et)\s?\Z", re.I
)

WEAK_MARK = re.compile(r"(?<!\w)(?P<word>by|from|par|von|por|di)\s\Z", re.IGNORECASE)
"""Before a name with a capital, though much else may follow."""

SORTED_BY = re.compile(
    r"(?:sort|group|order|aggregat|divid|multipli|normali[sz]|scal|index|filter)\w*\s{1,2}by\s\Z", re.I
)
AT_THE_START = re.compile(r"(?:\A|[\n#(*_>\"'|:,;-])\s{0,4}\Z")
END_OF_LINE = re.compile(r"[ \t]{0,3}(?:[.)\"'<*_#\x1f]|\Z|\r?\n)")

FOOTER = re.compile(r",? (?:dtype|Length)\b")
"""What pandas puts after the name of a Series."""

POSSESSIVE = re.compile(r"['’]s?(?![\w])")
WORK = re.compile(
    r"['’]s?\s(?:\w{1,12}\s){0,2}(?:solution|work|notebook|code|answer|homework|exercise|submission|version|part|attempt|"
    r"try|assignment|project|report|name|laptop|computer|macbook|python|loesung|arbeit)s?\b",
    re.IGNORECASE,
)
"""After a name: somebody's work, so that even "April's" is hers."""

HASHED = re.compile(r"---[0-9a-f]{8}(?![0-9a-f])")
"""What KubeSpawner appends to an account: a hash of it."""
