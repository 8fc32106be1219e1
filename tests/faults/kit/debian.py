"""Programs of Debian: where they are, and installing those that are missing."""
import glob, os, shutil, subprocess

PACKAGES = {
    "postgres": "postgresql", "haproxy": "haproxy", "pgbouncer": "pgbouncer", "faketime": "libfaketime",
    "nginx": "nginx", "caddy": "caddy", "openssl": "openssl",
}
# What packages ask before they start a service (invoke-rc.d(8)).
POLICY, REFUSE = "/usr/sbin/policy-rc.d", "#!/bin/sh\n# Of the tests of Portcullis.\nexit 101\n"


def find(program):
    """The path of a program; for PostgreSQL, of the folder with its programs. None if it is missing."""
    if program == "postgres":
        folders = glob.glob("/usr/lib/postgresql/*/bin")
        folders.sort(key=lambda folder: float(folder.split("/")[4]), reverse=True)
        if initdb := shutil.which("initdb"):
            folders.append(os.path.dirname(os.path.realpath(initdb)))
        return next((folder for folder in folders if os.access(f"{folder}/initdb", os.X_OK)), None)
    if program == "faketime":
        return next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def install(programs):
    """Installs the programs that are missing, as root or with sudo. Leaves the services of the system off."""
    missing = [program for program in programs if not find(program)]
    if not missing or not shutil.which("apt-get"):
        return
    as_root = [] if os.getuid() == 0 else ["sudo", "-n"]
    if subprocess.run([*as_root, "true"], capture_output=True).returncode != 0:
        return
    print("installing", *(PACKAGES[program] for program in missing), flush=True)
    packages = [PACKAGES[program] for program in missing]
    if "postgres" in missing and not os.path.exists("/etc/postgresql-common/createcluster.conf"):
        subprocess.run([*as_root, "mkdir", "-p", "/etc/postgresql-common"])
        write(as_root, "/etc/postgresql-common/createcluster.conf", "create_main_cluster = false\n")
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL)
    # One that an interrupted run left behind is ours as well.
    ours = not os.path.exists(POLICY) or read(POLICY) == REFUSE
    try:
        if ours:
            write(as_root, POLICY, REFUSE)
            subprocess.run([*as_root, "chmod", "755", POLICY])
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", *packages], stdout=subprocess.DEVNULL)
    finally:
        if ours:
            subprocess.run([*as_root, "rm", "-f", POLICY])
    if os.path.isdir("/run/systemd/system"):
        # Nor do they start with the machine. Not every package has a service.
        subprocess.run([*as_root, "systemctl", "disable", "--quiet", *packages], stderr=subprocess.DEVNULL)


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


def write(as_root, path, text):
    """Writes a file of the system."""
    subprocess.run([*as_root, "tee", path], input=text, text=True, stdout=subprocess.DEVNULL)
