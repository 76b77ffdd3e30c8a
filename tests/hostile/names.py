"""What a stranger may call himself, and what must come of it: text, shown as text, and nothing executed."""

CANARY = "callcenter-canary"
"""A file of this name in any folder of the PBX would mean that somebody's text was executed."""

HOSTILE_NAMES: dict[str, str] = {
    "quotes": "O'Brien \\\"; --",
    "shell": f"${{SHELL(touch {CANARY})}}",
    "system": f"$(touch {CANARY})`touch {CANARY}`;touch {CANARY}|touch {CANARY}",
    "dialplan": "${EVAL(${CHANNEL})}${FILE(/etc/passwd)}${GLOBAL(X)}",
    "expression": "$[1/0]$[${LEN(x)}]",
    "queue options": "x,tT,,,1)&Dial(PJSIP/13800000000@trunk",
    "sql": "'; DROP TABLE journeys; --",
    "html": "<script>document.title='owned'</script><img src=x onerror=alert(1)>",
    "emoji": "👩‍🔧🏠💥",
    "bidi": "\u202egnp.exe\u2066王\u2069\u200f",
    "uyghur": "گۈلنار تۇرسۇن",
    "long": "王" * 1365,  # 4 KB
    "format": "%s%n{0}{caller.__class__}",
    "csv": '=cmd|"/c calc"!A1","",""',
    "path": "../../../../etc/passwd",
    "manager": "Eve\\r\\nAction: Originate",
    "escapes": "\\x00\\n%00%0d%0aAction: Originate",
    "unknown": "<unknown>",
    "json": '","admin":true,"x":"',
    "empty": "",
}

HOSTILE_NUMBERS: dict[str, str] = {
    "quoted": "%22%3b--",
    "shell": f"$%7bSHELL(touch%20{CANARY})%7d",
    "sql": "'%20OR%201=1--",
    "crlf": "139%0d%0aAction:%20Originate",
    "nul": "139%00001",
    "long": "9" * 3000,
    "letters": "anonymous",
    "plus": "+++++",
    "two": "13900000001&13900000002",
    "unicode": "%d9%a1%d9%a3%d9%a9",
    "star": "*21*13900000001%23",
    "empty": "",
}
"""User parts of a SIP address, already escaped."""
