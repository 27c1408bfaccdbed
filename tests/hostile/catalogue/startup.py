"""Files that a later kernel, of the same or of another learner, would read when it starts."""

from tests.hostile.attack import Attack, solved

PAYLOAD = "import builtins, math; builtins.nbcohort_left = True; math.sqrt = lambda x: 0"
"""Shows to the next attacker that it worked, and costs honest learners points."""

_LOOK = """
import builtins, os, site, sys
if hasattr(builtins, "nbcohort_left"):
    print("LEAK: a kernel has read what an earlier notebook left")
def leave(path, text):
    path = os.path.expanduser(path)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a") as file:
            file.write(text + "\\n")
    except OSError:
        pass
"""

IPYTHON_STARTUP = (
    _LOOK
    + f"""
leave("~/.ipython/profile_default/startup/00-left.py", {PAYLOAD!r})
leave("~/.ipython/profile_default/ipython_config.py", "c.InteractiveShellApp.exec_lines = [{PAYLOAD!r}]")
leave("~/.ipython/profile_default/ipython_kernel_config.py", "c.IPKernelApp.exec_lines = [{PAYLOAD!r}]")
"""
)

PYTHON_STARTUP = (
    _LOOK
    + f"""
leave(site.getusersitepackages() + "/usercustomize.py", {PAYLOAD!r})
leave(site.getusersitepackages() + "/sitecustomize.py", {PAYLOAD!r})
leave(site.getusersitepackages() + "/left.pth", {PAYLOAD!r})
leave("~/.pythonrc.py", {PAYLOAD!r})
leave("~/.profile", "export PYTHONSTARTUP=~/.pythonrc.py")
leave("~/.pam_environment", "PYTHONSTARTUP DEFAULT=~/.pythonrc.py")
"""
)

KERNEL_JSON = (
    _LOOK
    + f"""
import json
argv = [sys.executable, "-c", {PAYLOAD!r} + "; from ipykernel.kernelapp import launch_new_instance as start; start()"]
kernel = json.dumps({{"argv": [*argv, "-f", "{{connection_file}}"], "display_name": "Python 3", "language": "python"}})
leave("~/.local/share/jupyter/kernels/python3/kernel.json", kernel)
leave("~/.jupyter/jupyter_config.py", "c.KernelSpecManager.ensure_native_kernel = False")
leave("~/.jupyter/nbgrader_config.py", "c.KernelSpecManager.ensure_native_kernel = False")
"""
)

NBGRADER_CONFIG = (
    _LOOK
    + """
leave("~/.jupyter/nbgrader_config.py", "open(%r, 'w').close()" % os.path.expanduser("~/@marker@-config"))
if os.path.exists(os.path.expanduser("~/@marker@-config")):
    print("LEAK: the grader has run a learner's configuration")
"""
)

MATPLOTLIBRC = (
    _LOOK
    + """
import matplotlib
if matplotlib.rcParams["lines.linewidth"] == 99:
    print("LEAK: matplotlib has read what an earlier notebook left")
for path in ("~/.config/matplotlib/matplotlibrc", "~/.matplotlib/matplotlibrc", "/tmp/matplotlibrc", "../matplotlibrc"):
    leave(path, "lines.linewidth: 99")
"""
)

SHELL_FILES = (
    _LOOK
    + """
import subprocess
for name in (".bashrc", ".bash_profile", ".profile", ".zshenv", ".ssh/authorized_keys", ".config/autostart/a.desktop"):
    leave("~/" + name, "touch /tmp/@marker@-shell")
for command in ("crontab -", "at now + 1 minute", "systemd-run --user --on-active=1 touch /tmp/@marker@"):
    subprocess.run(["sh", "-c", command], input=b"* * * * * touch /tmp/@marker@-cron\\n", capture_output=True)
if os.path.exists("/tmp/@marker@-shell") or os.path.exists("/tmp/@marker@-cron"):
    print("LEAK: a shell has read what an earlier notebook left")
"""
)

CHANGE_ENVIRONMENT = """
import glob, os, sys, subprocess
for prefix in (sys.prefix, sys.base_prefix, "/usr"):
    for folder in (prefix, *glob.glob(prefix + "/lib/python3*/site-packages"), prefix + "/bin"):
        try:
            open(folder + "/@marker@.pth", "w").close()
            print("LEAK", folder)
        except OSError:
            pass
for command in ("mount -o remount,rw /usr", "mount -o remount,bind,rw " + sys.prefix, "umount -l /usr"):
    for how in ([], ["unshare", "-Urm"]):
        try:
            subprocess.run([*how, "sh", "-c", command], capture_output=True)
            open("/usr/@marker@", "w").close()
            print("LEAK", command)
        except OSError:
            pass
"""

ATTACKS: dict[str, Attack] = {
    "ipython-startup": solved("leaves startup files for IPython", "startup", IPYTHON_STARTUP, twice=True),
    "python-startup": solved(
        "leaves usercustomize, sitecustomize, .pth and PYTHONSTARTUP files", "startup", PYTHON_STARTUP, twice=True
    ),
    "kernel-json": solved(
        "leaves a kernel.json that starts later kernels through its own program", "startup", KERNEL_JSON, twice=True
    ),
    "nbgrader-config": solved("leaves a configuration file that nbgrader runs", "startup", NBGRADER_CONFIG, twice=True),
    "matplotlibrc": solved("leaves a matplotlibrc", "startup", MATPLOTLIBRC, twice=True),
    "shell-files": solved(
        "leaves files for shells, and jobs for cron, at and systemd", "startup", SHELL_FILES, twice=True
    ),
    "changes-python": solved("writes into the Python environment, after remounting it", "startup", CHANGE_ENVIRONMENT),
    "hands-in-startup": solved(
        "hands in startup files beside the notebook",
        "startup",
        _LOOK + "print(sorted(os.listdir('.')))",
        files={
            "sitecustomize.py": PAYLOAD.encode(),
            "usercustomize.py": PAYLOAD.encode(),
            "ipython_config.py": f"c.InteractiveShellApp.exec_lines = [{PAYLOAD!r}]".encode(),
            "ipython_kernel_config.py": f"c.InteractiveShellApp.exec_lines = [{PAYLOAD!r}]".encode(),
            "startup/00-left.py": PAYLOAD.encode(),
            "profile_default/startup/00-left.py": PAYLOAD.encode(),
            "jupyter_config.py": b"raise SystemExit",
            "nbgrader_config.py": b"raise SystemExit",
            "pyvenv.cfg": b"home = /nowhere\n",
        },
    ),
}
