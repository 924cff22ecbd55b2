# SPDX-License-Identifier: MIT
"""The manual page and the shells' completions know every verb and every option that --help tells."""
import os
import re
import shutil
import subprocess

from harness import CLI, ENVIRONMENT, Skip, cli, contains, directory, equal, main

BUILT = os.path.join(os.environ["POSTROOM_BUILD_DIR"], "data")


def built(name):
    with open(os.path.join(BUILT, name), encoding="utf-8") as file:
        return file.read()


def told():
    """Verbs with their long options, as a person reads them."""
    with directory() as data:
        lines = cli(data, "--help").out.split("Verbs:\n")[1].split("\n\n")[0].splitlines()
        names = [re.match(r"  ([a-z]+( [a-z]+)?)", line).group(1) for line in lines]
        verbs = {}
        for name in names:
            words = name.split()
            done = cli(data, *words, "--help", expect=None)
            if done.returncode != 0:  # the second word was an argument's name
                name = words[0]
                done = cli(data, name, "--help")
            verbs[name] = set(re.findall(r"^  (?:-., )?--([a-z0-9-]+)", done.out, re.M))
        return verbs


VERBS = told()


def test_there_are_verbs_with_options():
    assert len(VERBS) > 25 and "attach" in VERBS["send"] and "json" in VERBS["user add"], VERBS


def test_the_manual_tells_all():
    text = built("postroom-cli.1").replace("\\", "")
    for verb, options in VERBS.items():
        part = re.search(rf"^\.SS {verb}\b(.*?)^\.S[SH] ", text, re.M | re.S)
        assert part, f"no section on {verb}"
        for option in options - {"data-dir", "json", "help"}:
            contains(part.group(1), "--" + option)
    for option in ("data-dir", "json", "help", "version"):
        contains(text, "--" + option)


def ask_bash(*words):
    script = ('source "$1"; shift; compopt () { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_postroom_cli; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", os.path.join(BUILT, "postroom-cli"),
                           "postroom-cli", *words], stdout=subprocess.PIPE, text=True, check=True)
    return set(done.stdout.split())


def test_bash_completes_all():
    equal(ask_bash(""), {verb.split()[0] for verb in VERBS} | {"help"}, "first words")
    for verb, options in VERBS.items():
        first, _, second = verb.partition(" ")
        if second:
            contains(ask_bash(first, ""), second)
        equal(ask_bash(*verb.split(), "--"), {"--" + option for option in options} | {"--help"}, verb)
    equal(ask_bash("list", "S"), {"Sent"}, "folders")


def test_fish_completes_all():
    if not shutil.which("fish"):
        raise Skip("fish is not installed")
    lines = [f"{verb} --" for verb in VERBS] + [""]
    script = f"source {os.path.join(BUILT, 'postroom-cli.fish')}\n" + "".join(
        f"echo '>' '{line}'\ncomplete -C 'postroom-cli {line}'\n" for line in lines)
    with directory() as home:
        environment = {**ENVIRONMENT, "HOME": home, "PATH": os.path.dirname(os.path.abspath(CLI)) + ":" +
                       os.environ["PATH"]}
        out = subprocess.run(["fish", "-c", script], stdout=subprocess.PIPE, text=True, check=True,
                             env=environment).stdout
    answers = {}
    for line in out.splitlines():
        if line.startswith("> "):
            words = answers.setdefault(line[2:], set())
        else:
            words.add(line.split("\t")[0].rstrip("="))
    for verb, options in VERBS.items():
        equal({"--" + option for option in options} - answers[f"{verb} --"], set(), verb)
    equal({verb.split()[0] for verb in VERBS} - answers[""], set(), "first words")


def test_zsh_knows_all():
    text = built("_postroom-cli")
    if shutil.which("zsh"):
        subprocess.run(["zsh", "-n", os.path.join(BUILT, "_postroom-cli")], check=True)
    for verb, options in VERBS.items():
        part = re.search(rf"^    '{verb}'\) shift(.*?);;$", text, re.M | re.S)
        assert part, f"{verb} is not completed"
        for option in options:
            assert re.search(rf"'\*?--{option}=?\[", part.group(1)), f"{verb} --{option}"


if __name__ == "__main__":
    main()
