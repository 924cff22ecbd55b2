# SPDX-License-Identifier: MIT
"""What is installed, that it runs from there, that it goes again, what a release holds; and that the
programs write nowhere in a home directory but where they should."""
import os
import shutil
import subprocess
import tarfile

from harness import DOMAIN, ENVIRONMENT, PASSWORD, Skip, contains, directory, equal, main, wait_for

SOURCE, BUILD = os.environ["POSTROOM_SOURCE"], os.environ["POSTROOM_BUILD_DIR"]
PREFIX = os.environ["POSTROOM_PREFIX"]
APP = "POSTROOM" in os.environ
ID = "io.github.postroom.Postroom"
EVERYWHERE = {
    "bin/postroom-cli", "share/man/man1/postroom-cli.1", "lib/systemd/user/postroom.service",
    "share/bash-completion/completions/postroom-cli", "share/zsh/site-functions/_postroom-cli",
    "share/fish/vendor_completions.d/postroom-cli.fish",
    "share/locale/zh_CN/LC_MESSAGES/postroom.mo", "share/doc/postroom/postroom.conf",
    "share/postroom/providers.ini",
    *(f"lib/systemd/user/postroom-{port}.socket"
      for port in ("smtp", "smtps", "submission", "pop3", "pop3s")),
}
WITH_WINDOW = {
    "bin/postroom", "share/man/man1/postroom.1", f"share/applications/{ID}.desktop",
    f"share/metainfo/{ID}.metainfo.xml", f"share/dbus-1/services/{ID}.service",
    f"share/icons/hicolor/scalable/apps/{ID}.svg",
    f"share/icons/hicolor/symbolic/apps/{ID}-symbolic.svg",
}


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}")
    return done.stdout


def files_under(top):
    return {os.path.relpath(os.path.join(place, name), top)
            for place, _, names in os.walk(top) for name in names}


def test_install_and_uninstall():
    log = os.path.join(BUILD, "meson-logs", "install-log.txt")
    with directory() as place:
        kept = os.path.join(place, "log")
        if os.path.exists(log):
            shutil.copy(log, kept)
        root = os.path.join(place, "root")
        try:
            run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", root)
            prefix = root + PREFIX
            installed = files_under(prefix)
            installed = {name.replace("/man1/postroom.1.gz", "/man1/postroom.1") for name in installed}
            equal(installed, EVERYWHERE | (WITH_WINDOW if APP else set()), "files")
            equal(files_under(root), {os.path.relpath(os.path.join(prefix, name), root)
                                      for name in files_under(prefix)}, "files under the prefix")
            contains(run(prefix + "/bin/postroom-cli", "--version"), "Postroom ")
            with open(prefix + "/lib/systemd/user/postroom.service", encoding="utf-8") as file:
                contains(file.read(), f"ExecStart={PREFIX}/bin/postroom-cli serve")
            run("ninja", "-C", BUILD, "uninstall")
            equal(files_under(root), set(), "files after uninstalling")
        finally:
            if os.path.exists(kept):
                shutil.copy(kept, log)


def test_a_release_holds_the_source():
    if not os.path.exists(os.path.join(SOURCE, ".git")):
        raise Skip("this is no clone")
    with directory() as place:
        clone, build = os.path.join(place, "clone"), os.path.join(place, "build")
        run("git", "clone", "-q", SOURCE, clone)
        run("meson", "setup", build, clone, "-Dapp=false")
        run("meson", "dist", "-C", build, "--no-tests", "--formats", "gztar")
        name = next(name for name in os.listdir(os.path.join(build, "meson-dist"))
                    if name.endswith(".tar.gz"))
        with tarfile.open(os.path.join(build, "meson-dist", name)) as archive:
            held = {member.name.split("/", 1)[1] for member in archive if member.isfile()}
        equal(held, set(run("git", "-C", clone, "ls-files", "-z").strip("\0").split("\0")), "files")


def home_environment(home):
    environment = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("XDG_")}
    return {**environment, "HOME": home, "TMPDIR": os.path.join(home, "tmp")}


def test_the_command_line_writes_in_its_directories_only():
    with directory() as home:
        environment = home_environment(home)
        os.mkdir(environment["TMPDIR"])
        cli = os.environ["POSTROOM_CLI"]
        run(cli, "user", "add", "ann", "--password-file=-", env=environment, input=PASSWORD + "\n")
        run(cli, "account", "add", f"ann@{DOMAIN}", "--local", "--no-check", "--password-file=-",
            env=environment, input=PASSWORD + "\n")
        run(cli, "send", f"--to=ann@{DOMAIN}", "--text=Hello", "--later", env=environment)
        run(cli, "demo", "--quiet", env=environment)
        outside = {name for name in files_under(home)
                   if not name.startswith((".local/share/postroom/", ".cache/", "tmp/"))}
        equal(outside, set(), "files elsewhere")


def test_the_window_writes_in_its_directories_only():
    if not APP:
        raise Skip("no window was built")
    with directory() as home:
        environment = home_environment(home)
        os.mkdir(environment["TMPDIR"])
        environment |= {
            "DBUS_SESSION_BUS_ADDRESS": os.environ["DBUS_SESSION_BUS_ADDRESS"], "GTK_A11Y": "none",
            "GDK_BACKEND": "x11", "LIBGL_ALWAYS_SOFTWARE": "1", "GSK_RENDERER": "cairo",
            "ADW_DISABLE_PORTAL": "1", "GSETTINGS_BACKEND": "memory",
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            # The toolkit's own leaks are told from ours in the window's tests.
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
        path = "/" + ID.replace(".", "/")

        def act(place, action):
            return subprocess.run(
                ["gdbus", "call", "--session", "--dest", ID, "--object-path", path + place, "--method",
                 "org.gtk.Actions.Activate", action, "[]", "{}"], env=environment,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0

        with subprocess.Popen([os.environ["POSTROOM"]], env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            wait_for(lambda: act("/window/1", "try-local"), "the window")
            wait_for(lambda: act("/window/2", "send"), "the composer")
            inbox = os.path.join(home, ".local/share/postroom/mail/Inbox")
            wait_for(lambda: os.path.isdir(inbox) and files_under(inbox), "the letter")
            act("", "quit")
            equal(process.wait(30), 0, "exit")
        outside = {name for name in files_under(home)
                   if not name.startswith((".local/share/postroom/", ".cache/", "tmp/"))}
        equal(outside, set(), "files elsewhere")


if __name__ == "__main__":
    main()
