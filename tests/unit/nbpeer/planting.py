"""People from many places, the ways in which their names get into a submission, and a submission full of them.

Nothing here knows how the scrubber works: the forms are those that programs, keyboards and people produce.
"""

import base64
import gzip
import html.entities
import io
import json
import tarfile
import unicodedata
import urllib.parse
import zipfile
from typing import Any

from PIL import Image, PngImagePlugin

PEOPLE: tuple[tuple[str, str], ...] = (
    ("zlovelace", "Zsófia Lovelace"), ("mmueller7", "Max Müller"), ("obrien_s", "Siobhán O'Brien"),
    ("jvdberg", "Jan van der Berg"), ("kingjr", "Martin Kowalczyk Jr."), ("suhartono", "Suhartono"),
    ("a.smith-jones", "Anne-Marie Smith-Jones"), ("mgarcia", "María José García Márquez"),
    ("nguyenvt", "Nguyễn Văn Thành"), ("xiaoming", "王小明"), ("lihua88", "李 华明"), ("mahmed", "محمد أحمد الفارسي"),
    ("dcohen", "דוד כהן־לוי"), ("tsato", "佐藤 健太郎"), ("kimms", "김민수"), ("ivanov.p", "Пётр Иванович Щербаков"),
    ("papad", "Γιώργος Παπαδόπουλος"), ("priyas", "प्रिया शर्मा"), ("somchai", "สมชาย ใจดีมาก"),
    ("oozturk", "Özgür Öztürk"), ("lwojcik", "Łukasz Wójcik"), ("sorensen", "Søren Ærøskøbing"),
    ("gunnar", "Guðrún Þorsteinsdóttir"), ("jstrauss", "Jörg Strauß"), ("njaw", "Njeri wa Kamau"),
    ("dsilva", "João Paulo da Silva e Souza"), ("lefevre", "Anaïs Lefèvre-Dubois"), ("willy", "Will Young"),
    ("aprilm", "April Young"), ("series", "Series Quandt"), ("lean", "An Le"), ("tnovak", "Tomáš Novák"),
    ("avaldez", "Ximena Valdez Ibáñez"), ("hallgr", "Hallgrímur Helgason"), ("cruzdlc", "Inés de la Cruz"),
    ("adeyemi", "Adébáyọ̀ Adéyẹmí"), ("kauri", "Te Ariki Ngāti"), ("hhamalai", "Heikki Hämäläinen"),
    ("dszabo", "Szabó Dénes"), ("mcdougall", "Fergus McDougall"), ("dangelo", "Chiara D'Angelo"),
    ("ronan99", "Ronan Ó Súilleabháin"), ("quyen.tran", "Trần Thị Quyên"), ("ebrahimi", "Shirin Ebrahimi-Nejad"),
)  # fmt: skip
"""Accounts and names: double surnames, particles, mononyms, marks, other scripts, and names that are words."""


def forms(name: str) -> dict[str, str]:
    """Return the ways in which a name is written, by what each is called."""
    words = name.replace(",", "").split()
    first, last = words[0], words[-1]
    zero_width, soft_hyphen = "\u200b", "\u00ad"
    written = {
        "as it is": name,
        "capitals": name.upper(),
        "decomposed": unicodedata.normalize("NFD", name),
        "full width": "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in name),
        "zero width": zero_width.join(name),
        "soft hyphens": soft_hyphen.join(name),
        "coloured": "\x1b[1m".join(name) + "\x1b[0m",
        "no-break space": name.replace(" ", "\u00a0"),
        "numbers of HTML": "".join(f"&#{ord(char)};" for char in name),
        "entities": "".join(_entity(char) for char in name),
        "percent": urllib.parse.quote(name),
        "plus": urllib.parse.quote_plus(name),
        "JSON": json.dumps(name)[1:-1],
        "bytes": repr(name.encode())[2:-1],
        "base64": base64.b64encode(f"written by {name}, and more".encode()).decode(),
        "base64 of base64": base64.b64encode(base64.b64encode(f"it is {name}".encode())).decode(),
        "hexadecimal": f"it is {name}.".encode().hex(),
        "twice percent": urllib.parse.quote(urllib.parse.quote(name)),
        "misread": name.encode().decode("latin-1"),
    }  # fmt: skip
    if len(words) > 1:
        written |= {
            "surname first": f"{last}, {' '.join(words[:-1])}",
            "dots": ".".join(words),
            "underscores": "_".join(words),
            "hyphens": "-".join(words),
            "joined": "".join(words),
            "two lines": f"{first}\n{' '.join(words[1:])}",
            "tags": "<b>" + "</b> <i>".join(words) + "</i>",
            "table": "</td><td>".join(words),
            "columns": '","'.join(words),
            "initial": f"{first[0]}. {' '.join(words[1:])}",
        }
    if name.isascii() is False and "\u0041" <= unicodedata.normalize("NFD", first)[0] <= "\u007a":
        written["bare"] = "".join(
            char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char)
        )
        two = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "oe", "Æ": "Ae"})
        written["two letters"] = name.translate(two)
    return written


def _entity(char: str) -> str:
    known = html.entities.codepoint2name.get(ord(char))
    return f"&{known};" if known else char


def picture(kind: str, account: str, name: str) -> bytes:
    """Return a small picture with its author beside it, in each place that the format has."""
    image, file = Image.new("RGB", (4, 4), "red"), io.BytesIO()
    exif = Image.Exif()
    exif[0x013B] = name.encode("ascii", "replace").decode() + account
    exif[0x010E] = account
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Author", account)
        info.add_text("Description", f"by {account} " * 20, zip=True)
        info.add_itxt("Title", name, zip=False)
        info.add_itxt("XML:com.adobe.xmp", f"<x:creator>{name} {account}</x:creator>", zip=True)
        image.save(file, kind, pnginfo=info, exif=exif)
    elif kind == "GIF":
        image.save(file, kind, comment=f"{name} {account}".encode())
    elif kind == "JPEG":
        image.save(file, kind, exif=exif, comment=f"{name} {account}".encode(), xmp=f"<x>{account}</x>".encode())
    else:
        image.save(file, kind, exif=exif, xmp=f"<x>{account}</x>".encode(), lossless=True)
    return file.getvalue() + f" trailing {account}".encode()


def tracebacks(account: str) -> list[str]:
    """Return what a failed cell and a shell say of the machine they ran on."""
    return [
        f"\x1b[0;32m/home/{account}/course/ps1.py\x1b[0m in \x1b[0;36m<module>\x1b[0;34m()\x1b[0m",
        f'File "/Users/{account}/Library/x.py", line 3, in f',
        f"File C:\\Users\\{account}\\AppData\\x.py:3",
        f"'C:\\\\Users\\\\{account}\\\\x.py'",
        f"/mnt/c/Users/{account}/x",
        f"{account}@jupyter-{account}:~$ ls -l",
        f"-rw-r--r-- 1 {account} {account} 12 Jan  1 10:00 x.csv",
        f"environ({{'HOME': '/home/{account}', 'USER': '{account}', 'JUPYTERHUB_USER': '{account}'}})",
        f"JUPYTERHUB_SERVICE_PREFIX=/user/{account}/",
        f"https://hub.example/user/{account}/lab/tree/ps1.ipynb",
        f"uid=1000({account}) gid=100(users)",
        f"Author: {account} <{account}@uni.example>",
        f"2026-01-01 10:00:00 INFO login={account} ok",
        f"smb://files/home/{account}/x file:///home/{account}/y",
    ]


def notebook(account: str, name: str) -> dict[str, Any]:
    """Return a notebook in which the author is in each place that the format has, in each form."""
    written = forms(name)
    plain = [text for text in written.values() if "\n" not in text and "\x1b" not in text]
    quoted = [json.dumps(text, ensure_ascii=False) for text in plain]
    code = "\n".join(
        [
            *(f"# {text}" for text in plain),
            *(f"x = {text}" for text in quoted),
            *(f"y = f{text}" for text in quoted if "{" not in text),
            f'z = r"{account}", "by {name}"',
            f'"""Made by\n{name}\n"""',
            f'__author__ = "{name}"',
            f"%cd /home/{account}/work",
            f"!echo {name}",
        ]
    )
    many = "\n".join([*written.values(), *tracebacks(account)])
    png = base64.b64encode(picture("PNG", account, name)).decode()
    packed = base64.b64encode(gzip.compress(many.encode(), mtime=0)).decode()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg"><metadata><dc:creator>{account}</dc:creator></metadata>'
        f"<!-- {account} --><title>{name}</title><text>{name}</text></svg>"
    )
    data = {
        "text/plain": many.splitlines(keepends=True),
        "text/html": f"<p>{'</p><p>'.join(written.values())}</p><img src='data:image/png;base64,{png}'>",
        "text/latex": many,
        "text/markdown": f"{name} data:application/gzip;base64,{packed}",
        "image/png": png,
        "image/jpeg": base64.b64encode(picture("JPEG", account, name)).decode(),
        "image/gif": base64.b64encode(picture("GIF", account, name)).decode(),
        "image/svg+xml": svg,
        "application/json": {text: [text, {"by": text}] for text in written.values()},
        "application/vnd.plotly.v1+json": {"data": [{"name": name, "meta": {account: many}}]},
        "application/vnd.jupyter.widget-view+json": {"model_id": account},
        "application/pdf": base64.b64encode(many.encode()).decode(),
        "application/x-pickle": base64.b64encode(many.encode()).decode(),
    }
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": many},
        {"output_type": "error", "ename": account, "evalue": name, "traceback": many.split("\n")},
        {
            "output_type": "display_data",
            "data": data,
            "metadata": {"by": account, "image/png": {"by": name, "width": 3}},
        },
        {"output_type": "execute_result", "execution_count": 1, "data": data, "metadata": {}},
    ]
    cell_metadata = {"by": name, "execution": {"iopub.execute_input": "2026-01-01T10:00:00Z"}, "tags": [account]}
    return {
        "cells": [
            {"cell_type": "code", "id": f"{account}-1", "execution_count": 1, "metadata": cell_metadata, "source": code,
             "outputs": outputs},
            {"cell_type": "markdown", "id": f"{account}-2", "metadata": cell_metadata, "source": f"# {name}\n\n{many}",
             "attachments": {f"{account}.png": {"image/png": png}}},
            {"cell_type": "raw", "id": f"{account}-3", "metadata": cell_metadata, "source": many},
        ],
        "metadata": {
            "authors": [{"name": name}],
            "signature": f"sha256:{account}",
            "kernelspec": {"name": f"{account}-env", "display_name": name, "language": "python"},
            "language_info": {"name": "python", "version": "3.9.7", "file_extension": f".{account}"},
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {account: {"value": name}}}},
            "papermill": {"output_path": f"/home/{account}/x", "start_time": "2026-01-01T10:00:00Z"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
        account: name,
    }  # fmt: skip


def submission(account: str, name: str) -> dict[str, bytes]:
    """Return a submission of files of many kinds, the author in each."""
    written = forms(name)
    many = "\n".join([*written.values(), *tracebacks(account)])
    book = json.dumps(notebook(account, name), ensure_ascii=False).encode()
    inner = {"p.ipynb": book, f"{account}.txt": many.encode(), "x.pdf": b"%PDF-1.4 " + account.encode()}
    return {
        "ps1.ipynb": book,
        "ascii.json": json.dumps(notebook(account, name)["cells"][0]["outputs"][:2]).encode(),
        f"{account}/{account}_notes.md": many.encode(),
        f"data/{name.replace(' ', '_')}.csv": many.encode(),
        "old.csv": f"who,x\n{name.encode('latin-1', 'ignore').decode('latin-1')} {account},1\n\u00e9".encode("latin-1"),
        "wide.txt": many.encode("utf-16"),
        "tools.py": notebook(account, name)["cells"][0]["source"].encode(),
        "analysis.R": f"# {name}\nx <- '{account}'\n".encode(),
        "query.sql": f"-- {name}\nselect 1 /* {account} */".encode(),
        "page.html": f"<!-- {name} --><meta name=author content='{account}'>{many}".encode(),
        "all.json": json.dumps(written).encode(),
        "all.yaml": f"author: {name}\naccount: {account}\n".encode(),
        "report.tex": f"\\author{{{name}}} % {account}".encode(),
        "drawing.svg": notebook(account, name)["cells"][0]["outputs"][2]["data"]["image/svg+xml"].encode(),
        **{f"plot.{kind.lower()}": picture(kind, account, name) for kind in ("PNG", "JPEG", "GIF", "WEBP")},
        "more.zip": zipped({"x.md": many.encode(), "again.zip": zipped(inner, account)}, account),
        "more.tar.gz": gzip.compress(tarred({"x.md": many.encode()}, account), mtime=1_700_000_000),
        "notes.txt.gz": gzipped(f"{account}.txt", many.encode()),
        "talk.mp3": b"ID3\x03\0" + account.encode(),
        "essay.pdf": b"%PDF-1.4 " + account.encode(),
        "essay.docx": zipped({"[Content_Types].xml": b"<x/>", "docProps/core.xml": account.encode()}, account),
        "model.pkl": b"\x80\x04" + account.encode(),
        ".git/config": f"[user]\nname = {name}".encode(),
        "__pycache__/tools.cpython-311.pyc": b"\0" + account.encode(),
        ".ipynb_checkpoints/ps1.ipynb": book,
        ".DS_Store": account.encode("utf-16-be"),
        "Thumbs.db": account.encode(),
        "desktop.ini": account.encode(),
    }


def zipped(files: dict[str, bytes], account: str) -> bytes:
    """Return a zip whose headers name its author and the time."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = account.encode()
        for path, data in files.items():
            info = zipfile.ZipInfo(path, (2026, 1, 15, 10, 30, 12))
            info.comment = account.encode()
            archive.writestr(info, data)
    return file.getvalue()


def tarred(files: dict[str, bytes], account: str) -> bytes:
    """Return a tar whose headers name its owner and the time."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mtime, info.uname, info.gname, info.uid = len(data), 1_768_000_000, account, account, 1234
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def gzipped(inner: str, data: bytes) -> bytes:
    """Return compressed data whose header names the file and the time."""
    file = io.BytesIO()
    with gzip.GzipFile(inner, "wb", fileobj=file, mtime=1_768_000_000) as packed:
        packed.write(data)
    return file.getvalue()
