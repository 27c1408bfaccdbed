"""What every sandbox sees of the system, to read."""

from pathlib import Path

LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Links into /usr, or folders of their own on older systems."""

SETTINGS = (
    "alternatives",
    "fonts",
    "group",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "matplotlibrc",
    "mime.types",
    "nsswitch.conf",
    "passwd",
    "ssl",
    "timezone",
)
"""In /etc."""

NETWORK_SETTINGS = ("ca-certificates", "gai.conf", "host.conf", "hosts", "resolv.conf", "services")
"""In /etc, for those who have the network."""

HOSTS = Path(__file__).with_name("hosts")
"""Instead of /etc/hosts, for those who have no network but their own: the machine's may name others."""

PROCESSORS = (Path("/sys/devices/system/cpu"), Path("/sys/devices/system/node"))
"""loky counts cores with lscpu, and would complain on stderr."""

HARMLESS_PROC = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version")
"""What a sandbox without a /proc of its own sees of it."""
