"""docs/contributing.md's table, done on a copy: each addition works, in as few files as the table says."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nanospread.core import paths

PARTS = ("lib", "data", "notebooks")
MOST = {"an assumption": 4, "a metric": 3, "a figure": 2, "a page": 1, "an export format": 2} | {
    "a shop's or affiliate tool": 3
}


class Copy:
    """The files of the project, to be changed: what an addition touches is counted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.touched: set[str] = set()
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".ipynb_checkpoints")
        for part in PARTS:
            shutil.copytree(paths.CHECKOUT / part, root / part, symlinks=True, ignore=ignored)
        shutil.copy(paths.CHECKOUT / "pyproject.toml", root)

    def write(self, name: str, text: str) -> None:
        self.touched.add(name)
        (self.root / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name}: {old!r} stands there {text.count(old)} times"
        self.write(name, text.replace(old, new))

    def python(self, script: str) -> str:
        """Return what a script prints that is run with the copy's package."""
        run = subprocess.run(
            [sys.executable, "-P", "-c", script],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(self.root / "lib")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr[-2_000:]
        return run.stdout.strip()


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


def test_the_table_names_what_is_added_here_and_promises_as_few_files():
    page = (paths.CHECKOUT / "docs" / "contributing.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (an? [a-z' ]+) \| .*? \| (\d) \|", page, flags=re.MULTILINE))
    assert all(int(rows[what]) <= most for what, most in MOST.items())


@pytest.mark.slow
def test_an_assumption(copy):
    copy.replace(
        "data/assumptions.csv",
        "\nover_invite,",
        "\ncustoms,0,1,3,,money,linear,belief,,simulate,,assumed,none\nover_invite,",
    )
    copy.replace(
        "lib/nanospread/campaign/brief/assumptions.py",
        "    over_invite: Entry\n",
        "    customs: Entry\n    over_invite: Entry\n",
    )
    copy.replace(
        "lib/nanospread/campaign/brief/campaign.py",
        "return self.values.product_cost + self.values.shipping\n",
        "return self.values.product_cost + self.values.shipping + self.values.customs\n",
    )
    labelled = "\ncustoms,customs duty,money per parcel,two,\nover_invite,"
    copy.replace("data/labels.csv", "\nover_invite,", labelled)
    script = (
        "import nanospread as ns\nstudy = ns.open()\n"
        "dearer = study.changed(customs=3)\n"
        "print(dearer.brief.goods - study.brief.goods, study.brief.assumptions.customs.basis)"
    )
    assert copy.python(script) == "2.0 assumed"
    assert len(copy.touched) <= MOST["an assumption"]


@pytest.mark.slow
def test_a_row_without_a_field_says_what_is_missing(copy):
    copy.replace(
        "data/assumptions.csv",
        "\nover_invite,",
        "\ncustoms,0,1,3,,money,linear,belief,,simulate,,assumed,none\nover_invite,",
    )
    script = "import nanospread as ns\ntry:\n    ns.open()\nexcept Exception as error:\n    print(error)"
    assert "customs" in copy.python(script)


@pytest.mark.slow
def test_a_metric(copy):
    copy.replace(
        "lib/nanospread/campaign/risk/__init__.py", '"p_flop", "p_zero")', '"p_flop", "p_zero", "p_double")'
    )
    copy.replace(
        "lib/nanospread/campaign/risk/__init__.py",
        '        "p_zero": values["conversions"] == 0,\n',
        '        "p_zero": values["conversions"] == 0,\n        "p_double": values["roi"] >= 1,\n',
    )
    copy.replace(
        "data/metrics.csv",
        "p_zero_{arm},",
        "p_double_{arm},{name}: odds of doubling the money,share,share of worlds with ROI of 1 or more\n"
        "p_zero_{arm},",
    )
    script = (
        "import pandas as pd\nfrom nanospread.campaign import risk\nfrom nanospread.pages import campaign\n"
        "names = ['cost', 'reach', 'unique_reach', 'engagements', 'conversions', 'profit']\n"
        "worlds = pd.DataFrame({'arm': 'macro', 'world': range(4), 'roi': [0, 1, 2, 0.5]})\n"
        "worlds = worlds.assign(**dict.fromkeys(names, 1.0))\n"
        "rows = campaign.checked_rows(risk.summary(worlds, flop_roi=0), currency='EUR', n_worlds=4)\n"
        "print(*rows.set_index('metric').loc['p_double_macro', ['label', 'value']])"
    )
    assert copy.python(script) == "one macro: odds of doubling the money 0.5"
    assert len(copy.touched) <= MOST["a metric"]


@pytest.mark.slow
def test_a_figure(copy):
    place = "lib/nanospread/pages/shortlist.py"
    text = (copy.root / place).read_text(encoding="utf-8")
    figure = (
        "def gross_reach(audiences: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:\n"
        '    """Draw the sum of the reaches of the first so many creators."""\n'
        "    ax = style.axes(ax)\n"
        '    total = audiences["reach"].cumsum()\n'
        "    ax.plot(range(1, len(total) + 1), total)\n"
        '    numbers = style.table(audiences, "estimated", {"Reach [people]": ("reach", count)})\n'
        '    return style.finished(ax, title, "Reach as a line.", numbers, x="Creators", y="People")\n'
    )
    copy.write(place, f"{text}\n\n{figure}")
    book = json.loads((copy.root / "notebooks/07_shortlist.ipynb").read_text(encoding="utf-8"))
    call = 'ns.pages.shortlist.gross_reach(audiences, title="Reach adds up")'
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "new",
        "metadata": {},
        "outputs": [],
        "source": [call],
    }
    book["cells"].insert(-2, cell)
    copy.write("notebooks/07_shortlist.ipynb", json.dumps(book, indent=1))
    script = (
        "import pandas as pd\nimport nanospread as ns\n"
        "audiences = pd.DataFrame({'reach': [10.0, 5.0]})\n"
        f"drawn = {call}\n"
        "data, _ = drawn._repr_mimebundle_()\n"
        "print('image/svg+xml' in data, drawn.ax.lines[0].get_ydata().tolist(), len(drawn.numbers[0].rows))"
    )
    assert copy.python(script) == "True [10.0, 15.0] 2"
    assert len(copy.touched) <= MOST["a figure"]


def test_a_page(copy):
    book = json.loads((copy.root / "notebooks/01_data_quality.ipynb").read_text(encoding="utf-8"))
    book["cells"][0]["source"] = ["# 10 · Is one more page one file?\n", "\n", "The developer asks it."]
    copy.write("notebooks/10_one_more.ipynb", json.dumps(book, indent=1))
    script = (
        "from nanospread.core import paths\nfrom nanospread.report import parameters\n"
        "print([book.name for book in parameters.notebooks(paths.NOTEBOOKS)][-1])"
    )
    assert copy.python(script) == "10_one_more"
    assert len(copy.touched) <= MOST["a page"]


def test_an_export_format(copy):
    reader = (
        '"""Lines of `handle|followers` -> creators."""\n\n'
        "from collections.abc import Iterator\n\n"
        "from nanospread.ingest import documents\n"
        "from nanospread.ingest.files import Export\n"
        "from nanospread.ingest.sheets import Sheet\n\n"
        'NAME = "bars"\nWHAT = "bars: one account a line"\n\n\n'
        "def recognised(export: Export) -> bool:\n"
        '    """Return if every account is in an object of its own called bars."""\n'
        '    return export.kind == "json" and all("bars" in value for value in export.sample())\n\n\n'
        "def sheets(export: Export) -> Iterator[Sheet]:\n"
        '    """Yield the accounts."""\n'
        '    names = ("creator", "followers")\n'
        '    rows = [(n, dict(zip(names, value["bars"].split("|")))) for n, value in export.objects]\n'
        '    yield documents.sheet(export.name, "", rows, names, table="creators")\n'
    )
    copy.write("lib/nanospread/ingest/formats/bars.py", reader)
    copy.touched.add(
        "tests/ingest/test_sources_formats.py"
    )  # its fixture's row, which is no part of the copy
    (copy.root / "bars.json").write_text('[{"bars": "anna|2000"}]', encoding="utf-8")
    script = (
        "from nanospread.ingest import sources\n"
        "(raw,) = sources.read(['bars.json'])\n"
        "print(raw.table, raw.rows[['creator', 'followers']].to_numpy().tolist())"
    )
    assert copy.python(script) == "creators [['anna', '2000']]"
    assert len(copy.touched) <= MOST["an export format"]


def test_a_shops_or_affiliate_tool(copy):
    reader = (
        '"""Orders of Reefs -> orders."""\n'
        "from nanospread.ingest import order_rows, order_tables\n"
        "NAME = 'reefs'\nWHAT = 'Reefs'\n"
        "NEEDS = order_tables.needs('order value link')\n"
        "def recognised(export): return order_tables.fits(export, NAME, NEEDS)\n"
        "def sheets(export): yield from order_rows.orders(export, NAME, NEEDS)\n"
    )
    copy.write("lib/nanospread/ingest/formats/reefs.py", reader)
    place = "data/order_columns.csv"
    names = "reefs,order,Coral,\nreefs,value,Perlen,de\nreefs,value,Pearls,\nreefs,link,Diver,\n"
    copy.write(place, (copy.root / place).read_text(encoding="utf-8") + names)
    copy.touched.add("tests/ingest/test_order_formats.py")  # its fixture's sums: no part of the copy
    (copy.root / "reefs.csv").write_text(
        "Coral,Diver,Perlen,Mail\n1,anna,10,a@b.example\n1,anna,2.5,a@b.example\n", encoding="utf-8"
    )
    script = (
        "from nanospread.ingest import sources\n"
        "(raw,) = sources.read(['reefs.csv'])\n"
        "print(raw.table, raw.rows[['order', 'link', 'value', 'tool']].to_numpy().tolist())"
    )
    assert copy.python(script) == "orders [['1', 'anna', '12.5', 'reefs']]"
    assert len(copy.touched) <= MOST["a shop's or affiliate tool"]
