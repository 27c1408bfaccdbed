"""Links and devices, handed in or made by cells, that lead to what is not the learner's."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.hostile.attack import Attack, solved

MADE_BY_CELLS = """
import os, socket
os.symlink("/", "everything")
os.symlink("@course@/gradebook.db", "gradebook.csv")
os.symlink("@course@", "course")
os.symlink("../../../source/ps1/ps1.ipynb", "hidden.txt")
os.symlink("loop", "loop")
os.mkfifo("pipe.csv")
os.makedirs("folder")
os.symlink("@course@/source", "folder/source")
for name in ("timestamp.txt", "ps1.ipynb", "data.csv"):
    if os.path.lexists(name):
        os.remove(name)
    os.symlink("@course@/gradebook.db", name)
"""

SWAPPED_FOLDER = """
import os, shutil
shutil.rmtree("plots")
os.symlink("@course@/submitted/aa-honest/ps1", "plots")
"""

IN_THE_WAY = """
import os
os.remove("data.csv")
os.makedirs("data.csv/deeper")
with open("data.csv/deeper/x", "w") as file:
    file.write("x")
os.chmod("data.csv", 0)
with open("secret.txt", "w") as file:
    file.write("x")
os.chmod("secret.txt", 0)
for name in ("new\\nline", "..%2f..%2fsource", "-rf", "\\udcff", "~root", "con.txt "):
    with open(name, "w") as file:
        file.write("x")
"""


def link(name: str, to: str) -> Callable[[Path], None]:
    """Return what makes a link in a submission."""

    def make(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(to)

    return make


def pipe(folder: Path) -> None:
    """Hand in a pipe, on which whoever reads it waits for ever."""
    os.mkfifo(folder / "data.csv")


def a_socket(folder: Path) -> None:
    """Hand in a socket."""
    before = Path.cwd()
    os.chdir(folder)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("door")
    os.chdir(before)


ATTACKS: dict[str, Attack] = {
    "links": Attack(
        "hands in a link to the gradebook",
        "links",
        prepare=link("data.csv", "../../../gradebook.db"),
        refused="data.csv is a link or a device, not a file.",
    ),
    "links-a-folder": Attack(
        "hands in a link to another learner's folder",
        "links",
        prepare=link("theirs", "../../aa-honest/ps1"),
        refused="theirs is a link or a device, not a file.",
    ),
    "links-the-notebook": Attack(
        "hands in another learner's notebook by a link",
        "links",
        prepare=link("ps1.ipynb", "../../aa-honest/ps1/ps1.ipynb"),
        refused="ps1.ipynb is a link or a device, not a file.",
    ),
    "links-a-loop": Attack(
        "hands in links that lead to each other",
        "links",
        prepare=link("loop/loop", "../loop"),
        refused="loop/loop is a link or a device, not a file.",
    ),
    "pipe": Attack("hands in a pipe", "links", prepare=pipe, refused="data.csv is a link or a device, not a file."),
    "socket": Attack("hands in a socket", "links", prepare=a_socket, refused="door is a link or a device, not a file."),
    "leaves-links": solved(
        "leaves links to everything in the place of files that are kept",
        "links",
        MADE_BY_CELLS,
        files={"data.csv": b"1,2\n"},
    ),
    "swaps-a-folder": solved(
        "puts a link in the place of a folder whose files are kept",
        "links",
        SWAPPED_FOLDER,
        files={"plots/plot.txt": b"x"},
    ),
    "in-the-way": solved(
        "leaves folders in the place of files, files that cannot be read, and odd names",
        "links",
        IN_THE_WAY,
        files={"data.csv": b"1,2\n"},
    ),
}
