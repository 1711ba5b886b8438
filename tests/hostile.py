"""Texts that a creator, an export, a brief or a command line may carry, and that must stay texts everywhere;
a page's test for what is active; and a folder of exports full of them."""

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

KINDS: dict[str, tuple[str, ...]] = {
    "html": (
        "<script>pwned()</script>",
        "</script><script>pwned()</script>",
        "<img src=x onerror=pwned()>",
        "<img src=https://evil.example/pwned.png>",
        "<iframe srcdoc='<script>pwned()</script>'></iframe>",
        "<a href='javascript:pwned()'>x</a>",
        "<a href='data:text/html;base64,cHduZWQ='>x</a>",
        "<form action=https://evil.example><input autofocus onfocus=pwned()></form>",
        "<details open ontoggle=pwned()>x</details>",
        "<meta http-equiv=refresh content='0;url=https://evil.example/pwned'>",
        "<base href=https://evil.example/pwned/>",
        "<link rel=stylesheet href=https://evil.example/pwned.css>",
        "<object data=https://evil.example/pwned></object><embed src=pwned>",
        "<math><mtext></form><form><mglyph><style></math><img src onerror=pwned()>",
        "<noscript><p title='</noscript><img src=x onerror=pwned()>'>",
        '" onmouseover="pwned()" x="',
        "' autofocus onfocus=pwned() x='",
        "--><script>pwned()</script><!--",
        "</title></textarea></pre></code><svg/onload=pwned()>",
        "&lt;script&gt;pwned()&lt;/script&gt;",
        "&#60;img src=x onerror=pwned()&#62;",
        "<scr<script>ipt>pwned()</scr</script>ipt>",
        "<IMG SRC=x OnErRoR=pwned()>",
        "<x\x00 onclick=pwned()>",
    ),
    "svg": (
        "<svg onload=pwned()>",
        "<svg><script>pwned()</script></svg>",
        "<svg><foreignObject><img src=x onerror=pwned()></foreignObject></svg>",
        "<svg><a xlink:href='javascript:pwned()'><text>x</text></a></svg>",
        "<svg><animate onbegin=pwned() attributeName=x dur=1s>",
        "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
        "]]><script>pwned()</script><![CDATA[",
    ),
    "css": (
        "</style><script>pwned()</script>",
        "<style>@import 'https://evil.example/pwned.css'</style>",
        "x{background:url(https://evil.example/pwned)}",
        "<div style='background:url(javascript:pwned())'>x</div>",
    ),
    "template": (
        "{{ 7919 * 7907 }}",
        "{% for x in range(9) %}pwned{% endfor %}",
        "{{ self.__init__.__globals__['os'].popen('pwned') }}",
        "{# pwned #}",
        "${7919*7907}",
        "%(pwned)s %n %s",
        "{0.__class__.__mro__}",
    ),
    "markdown": (
        "[x](javascript:pwned())",
        "![x](https://evil.example/pwned.png)",
        "<https://evil.example/pwned>",
        "[x]: https://evil.example/pwned\n[x]",
        "# pwned\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "```\npwned\n```",
        "[x](data:text/html,<script>pwned()</script>)",
        "https://evil.example/pwned",
    ),
    "mathtext": (
        r"$\bad$",
        r"$\frac{$",
        "$5 and $7",
        r"\input{/etc/passwd}",
        r"$\href{javascript:pwned()}{x}$",
    ),
    "formula": (
        '=HYPERLINK("https://evil.example/pwned","x")',
        "=cmd|' /C pwned'!A0",
        "+1+cmd|' /C pwned'!A0",
        "-1+cmd|' /C pwned'!A0",
        "@SUM(1+1)*cmd|' /C pwned'!A0",
        "\t=pwned()",
        "\r=pwned()",
        "\n=pwned()",
        "   =pwned()",
        "\uff1dpwned()",
        "\uff0bpwned()",
        "\uff0dpwned()",
        "\uff20pwned()",
        "\x00=pwned()",
        "\x0b\x0c=pwned()",
        "\ufeff=pwned()",
        "\u200b=pwned()",
        "\xa0=pwned()",
        "\u202e=pwned()",
        "x\n=pwned()",
        'x",=pwned(),"',
        "x;=pwned()",
        "{=pwned()}",
        "\u2212pwned()",
        "%0A=pwned()",
    ),
    "unicode": (
        "\u202egpj.exe\u202c",
        "\u2066pwned\u2069\u200f",
        "a\x00b",
        "\ud83dpwned",
        "e\u0301" * 50,
        "Z\u0351\u036b\u0343\u036a\u0302" * 20,
        "\U000e0041\U000e0042pwned",
        "\ufdfa\u2028pwned\u2029pwned\x85pwned",
        "x" * 5_000,
    ),
    "path": (
        "../../../tmp/pwned",
        "..\\..\\pwned",
        "/tmp/pwned",
        "C:\\Windows\\pwned",
        "\\\\evil.example\\share\\pwned",
        "file:///etc/passwd",
        "con",
        "AUX.txt",
        "nul",
        "lpt1",
        "..",
        ".",
        "~root/pwned",
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned;",
        "| touch pwned",
        "-rf pwned",
        "pwned\x00.csv",
        "a/b/../../../pwned",
        "%2e%2e%2fpwned",
    ),
    "code": (
        "'; import os; os.system('touch pwned'); '",
        '"""\nimport os; os.system("touch pwned")\n"""',
        "\\'; __import__('os').system('touch pwned') #",
        "1\n%%bash\ntouch pwned",
        "!touch pwned",
        "%load_ext pwned",
        'f\'{__import__("os").system("touch pwned")}\'',
        "x\\",
        "!!python/object/apply:os.system [touch pwned]",
        "!!binary Jyk7IHB3bmVkKCk=",
        "&a [*a, *a]",
        "<<: {pwned: 1}",
    ),
    "terminal": (
        "\x1b[31mpwned\x1b[0m",
        "\x1b]0;pwned\x07",
        "\x1b]8;;https://evil.example/pwned\x1b\\x\x1b]8;;\x1b\\",
        "\x9b2Jpwned",
        "\x08\x08\x08pwned",
        "pwned\r\n2026-11-22 INFO all is well",
        "pwned\rall is well",
        "[red]pwned[/red]",
        "[link=https://evil.example/pwned]x[/link]",
        "[/]",
        "pwned\r\n.\r\nMAIL FROM:<a@evil.example>",
        "pwned\nBcc: all@evil.example",
    ),
}

# `pwned` stands where something would happen, so that a test can look for it.
PAYLOADS: dict[str, str] = {
    f"{kind}-{number}": text for kind, texts in KINDS.items() for number, text in enumerate(texts, start=1)
}

ACTIVE = {
    "script",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "svg",
    "math",
    "link",
    "base",
    "video",
    "audio",
}
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CALCULATED = "62615533"  # of 7919 * 7907, were a template run


class Page(HTMLParser):
    """What is active in a page, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.active: list[tuple[object, ...]] = []
        self.words = ""
        self.images = 0
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        bad = [name for name in given if name.startswith("on") or name in ("srcdoc", "action")]
        bad += [tag] if tag in ACTIVE or given.get("http-equiv", "").lower() == "refresh" else []
        link, style = given.get("href", ""), given.get("style", "")
        self.images += tag == "img"
        self.links += [link] if link else []
        for source in filter(None, (given.get("src"), given.get("srcset"))):
            if not re.fullmatch(r"data:image/(png|svg\+xml);base64,[A-Za-z0-9+/=]+", source):
                bad.append(source)
        if link and not re.fullmatch(
            r"#[\w-]+|(\.\./)*[\w-]+([./][\w-]+)*\.(html|csv|json|xlsx|ipynb|txt)(#[\w-]+)?", link
        ):
            bad.append(link)
        if "url(" in style or "expression" in style:
            bad.append(style)
        self.active += [(tag, *bad)] if bad else []

    def handle_data(self, data: str) -> None:
        self.words += data


def assert_inert(text: str) -> Page:
    """Assert that a page runs nothing, asks for nothing, links to nothing outside, and return it read."""
    page = Page(text)
    assert not page.active, page.active
    assert not UNSEEN.search(text)
    assert "default-src 'none'" in text.split("<title>")[0]
    assert CALCULATED not in page.words
    assert not re.search(r"@import|url\(", text.split("<style>")[1].split("</style>")[0])
    return page


NICHES = [KINDS[kind][0].lower() for kind in ("html", "svg", "template", "mathtext", "formula", "terminal")]
NICHES += ["\uff1dpwned() \u65e5\u672c", "[red]pwned[/red]"]  # our font has no letter for the first


def brief(file: Path) -> Path:
    """Write a brief whose title and niches are hostile, and return it."""
    content = {
        "name": "hostile",
        "title": "<script>pwned()</script> {{7919*7907}} $\\bad$ [red]",
        "currency": "EUR",
    }
    content |= {"budget": 5000, "niches": NICHES[:4], "macro": {"creator": "bigger", "fee": 2500}}
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def exports(folder: Path) -> Path:
    """Write a folder of exports in which every text that somebody else chose is hostile, and return it."""
    folder.mkdir(parents=True)
    texts = [text.encode(errors="replace").decode() for text in PAYLOADS.values()]
    creators = [(text, "2026-11-16", 1_500 + 40 * i, NICHES[i % len(NICHES)]) for i, text in enumerate(texts)]
    creators += [("big", "2026-11-16", 700_000, "food"), ("bigger", "2026-11-16", 900_000, "food")]
    _write(folder / "=cmd() <img src=x onerror=pwned()>.csv", "creator,as_of,followers,niche", creators)
    columns = "post,creator,posted_at,likes,comments,sponsored,caption,{{7919*7907}}<script>pwned()</script>"
    posts = [
        (f"{name} {k}", name, f"2026-10-{10 + k}", 60 + 7 * k + i, 4 + k, k == 2, name, name)
        for i, (name, *_) in enumerate(creators)
        for k in range(4)
    ]
    _write(folder / "[red]posts[-] $(touch pwned).csv", columns, posts)
    contacts = [
        (text, text, "2026-09-01", "gift", "false", "true", "2026-09-03", i % 2 == 0, i % 4 == 0)
        for i, text in enumerate(texts)
    ]
    columns = "creator,campaign,contacted_at,offer,inbound,replied,replied_at,accepted,posted"
    _write(folder / "outreach.csv", columns, contacts)
    results = [(texts[0], text, "gift", 20, 900, 40, 3, 120) for text in texts]
    _write(folder / "results.csv", "campaign,creator,offer,cost,reach,clicks,orders,revenue", results)
    comments = [(f"c{text}", posts[4 * i][0], text, text) for i, text in enumerate(texts)]
    _write(folder / "comments.csv", "comment,post,author,text", comments)
    return folder


def _write(file: Path, columns: str, rows: list[tuple[object, ...]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([columns.split(","), *rows])
