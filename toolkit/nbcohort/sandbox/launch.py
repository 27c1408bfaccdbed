"""The first program inside a sandbox: it prepares everything and becomes the untrusted program.

It copies the files in, drops what is left of privileges, sets the limits and filters system calls. It runs as
`python -I -S -c ... PLAN ARGV...` with nothing but the standard library and the text of `inside`, because this package
is not visible there (`launcher`). PLAN is JSON, see `bubblewrap.wrap`. It ends with status 120 and one line on stderr
if it cannot do its work: then nothing untrusted has run.
"""

import binascii
import json
import os
import shutil
import signal
import socket
import stat
import sys

from nbcohort.sandbox.inside import (
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    become,
    drop_capabilities,
    install_filter,
    limit,
    mount,
    prctl,
)


def copy_regular_files(source: str, target: str, user: int | None) -> None:
    """Copy folders and regular files; `user` owns the copies. Links and devices are left out, never followed."""
    os.mkdir(target, 0o700)  # noqa: PTH102
    with os.scandir(source) as entries:
        for entry in entries:
            copy = f"{target}/{entry.name}"
            mode = os.lstat(entry.path).st_mode  # the entry knows the file below, not a device mounted over it
            if stat.S_ISDIR(mode):
                copy_regular_files(entry.path, copy, user)
            elif stat.S_ISREG(mode):
                shutil.copyfile(entry.path, copy, follow_symlinks=False)
                os.chmod(copy, 0o600 | mode & stat.S_IXUSR)  # noqa: PTH101
                if user is not None:
                    os.chown(copy, user, user)
    if user is not None:
        os.chown(target, user, user)


def hand_over(control: int, *folders: str) -> None:
    """Send `folders`, open, and who we are (the kernel fills in our process id as the starter sees it)."""
    opened = [os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in folders]
    with socket.socket(fileno=control) as channel:
        socket.send_fds(channel, [b"ready"], opened)
    for one in opened:
        os.close(one)


def stand_by(control: int, sockets: str) -> None:
    """Leave the starter's group and its standard files, and tell it that all is ready."""
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    hand_over(control, sockets, os.curdir)


def main() -> None:
    """Do what PLAN says, then become ARGV."""
    plan, argv = json.loads(sys.argv[1]), sys.argv[2:]
    if plan["ends_with_starter"]:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, "ending with the starter")
    if plan["proc"]:  # with nothing covered, so that a sandbox below may have its own: what bubblewrap would cover
        # (/proc/sys, sysrq-trigger, ...) only root could write to, and no untrusted program is root
        mount("proc", "/proc", flags=MS_NOSUID | MS_NODEV | MS_NOEXEC)
    if plan["copy"]:
        copy_regular_files(plan["copy"][0], plan["copy"][1], plan["user"])
    if plan["user"] is not None:
        become(plan["user"])
    if not plan["forks"]:
        drop_capabilities()
        limit(plan["resources"])
    os.makedirs(plan["directory"], exist_ok=True)  # noqa: PTH103
    os.chdir(plan["directory"])
    os.umask(0o077)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them; the program shall find the defaults
        signal.signal(number, signal.SIG_DFL)
    if plan["control"] is not None:
        stand_by(plan["control"], plan["sockets"])
    if plan["filter"]:
        prctl(PR_SET_NO_NEW_PRIVS, 1, "giving up new privileges")
        install_filter(binascii.a2b_base64(plan["filter"]))
    os.execvp(argv[0], argv)  # noqa: S606


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(120)
