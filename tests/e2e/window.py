# SPDX-License-Identifier: MIT
"""The real window under a display of the test's own, driven by its named actions, as menus, buttons
and shortcuts drive it; pictures are kept in the build directory."""
import os
import re
import signal
import subprocess
import time

from harness import ENVIRONMENT, note, wait_for

BUS_NAME = "io.github.postroom.Postroom"
PATH = "/io/github/postroom/Postroom"
PICTURES = os.environ.get("POSTROOM_PICTURES", "pictures")


class Window:
    """postroom with its data in a directory of its own. Needs DISPLAY and a session bus."""

    def __init__(self, data, *options, dark=False):
        self.data = data
        self.options = options
        self.log = os.path.join(data, "window.log")
        self.environment = {
            **ENVIRONMENT, "DBUS_SESSION_BUS_ADDRESS": os.environ["DBUS_SESSION_BUS_ADDRESS"],
            "XDG_CONFIG_HOME": os.path.join(data, "config"),
            "XDG_CACHE_HOME": os.path.join(data, "cache"), "GTK_A11Y": "none",
            "GDK_BACKEND": "x11", "LIBGL_ALWAYS_SOFTWARE": "1", "GSK_RENDERER": "cairo",
            "ADW_DISABLE_PORTAL": "1", "GSETTINGS_BACKEND": "memory",
            "ADW_DEBUG_COLOR_SCHEME": "prefer-dark" if dark else "default",
            # Root may not make the namespaces that WebKit's own sandbox is built of.
            **({"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"} if os.geteuid() == 0 else {}),
        }
        self.process = None

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [os.environ["POSTROOM"], f"--data-dir={self.data}", *self.options],
                env=self.environment, stdout=log, stderr=log)
        wait_for(lambda: self.windows(), "the first window")
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.call(PATH, "quit", app=True)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGKILL)
                self.process.wait()
                if kind is None:
                    raise
            if kind is None and self.process.returncode != 0:
                note(self.complaints(everything=True))
                raise AssertionError(f"postroom ended with {self.process.returncode}")
        if kind is not None:
            note(self.complaints(everything=True))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def gdbus(self, *arguments):
        return subprocess.run(["gdbus", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=20, env=self.environment)

    def windows(self):
        """Numbers of the windows that have actions: the main window and the composers."""
        done = self.gdbus("introspect", "--session", "--dest", BUS_NAME, "--object-path",
                          PATH + "/window", "--recurse", "--xml")
        return [int(number) for number in re.findall(r'<node name="(\d+)"', done.stdout)]

    def call(self, path, action, *parameters, app=False):
        values = "[" + ", ".join(f"<{self.quote(value)}>" for value in parameters) + "]"
        done = self.gdbus("call", "--session", "--dest", BUS_NAME, "--object-path", path, "--method",
                          "org.gtk.Actions.Activate", action, values, "{}")
        if done.returncode != 0 and not app:
            raise AssertionError(f"{action}: {done.stdout}")

    @staticmethod
    def quote(value):
        if isinstance(value, str):
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return str(value)

    def can(self, action, window=1):
        done = self.gdbus("call", "--session", "--dest", BUS_NAME, "--object-path",
                          f"{PATH}/window/{window}", "--method", "org.gtk.Actions.Describe", action)
        return done.stdout.startswith("((true,")

    def act(self, action, *parameters, window=1):
        """As soon as the window lets it be done: an action that is off does nothing and says nothing."""
        wait_for(lambda: self.can(action, window), f"the time for {action}")
        self.call(f"{PATH}/window/{window}", action, *parameters)

    def composer(self):
        """The number of the newest window that is no main window."""
        return wait_for(lambda: max((n for n in self.windows() if n > 1), default=0), "the composer")

    def picture(self, name):
        time.sleep(0.7)  # what is fading in has come
        os.makedirs(PICTURES, exist_ok=True)
        subprocess.run(["import", "-window", "root", os.path.join(PICTURES, name + ".png")],
                       check=True, timeout=30)

    @staticmethod
    def key(name):
        time.sleep(0.7)  # the window that was opened has the focus
        subprocess.run(["xdotool", "key", name], check=True, timeout=30)

    @staticmethod
    def type(text):
        time.sleep(0.7)
        subprocess.run(["xdotool", "type", "--delay", "20", text], check=True, timeout=30)

    def titles(self):
        done = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", ".", "getwindowname",
                               "%@"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False)
        return done.stdout.splitlines()

    def complaints(self, everything=False):
        """What GTK, WebKit or we said on standard error."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            lines = [line.rstrip() for line in file if line.strip()]
        # There is no notification service and no settings service on the test's bus.
        known = ("org.freedesktop.Notifications", "Unable to acquire the address of the accessibility")
        return "\n".join(line for line in lines
                         if everything or not any(part in line for part in known))
