# SPDX-License-Identifier: MIT
"""That every text of the programs can be translated, that it is in every language here, and that the
programs speak it."""
import glob
import os
import re
import subprocess

from harness import CLI, ENVIRONMENT, contains, directory, equal, main

SOURCE = os.environ["POSTROOM_SOURCE"]
PO = os.path.join(SOURCE, "po")
# As Meson's "glib" preset has them.
KEYWORDS = ["_", "N_", "C_:1c,2", "NC_:1c,2", "ngettext:1,2", "dgettext:2"]
KEY = re.compile(r'^msg(?:ctxt|id|id_plural) "', re.M)


def lines(name):
    with open(os.path.join(PO, name), encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          cwd=SOURCE, timeout=60, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
    return done


def template(directory):
    pot = os.path.join(directory, "postroom.pot")
    run("xgettext", "--from-code=UTF-8", "--add-comments", "-o", pot,
        *(f"--keyword={word}" for word in KEYWORDS), *(f"--flag={flag}" for flag in (
            "g_print:1:c-format", "g_printerr:1:c-format", "g_strdup_printf:1:c-format",
            "cli_print:1:c-format", "cli_fail_usage:1:c-format", "_:1:pass-c-format",
            "ngettext:1:pass-c-format", "ngettext:2:pass-c-format")), *lines("POTFILES"))
    return pot


def test_every_file_with_words_is_named():
    named = set(lines("POTFILES"))
    for path in named:
        assert os.path.exists(os.path.join(SOURCE, path)), f"{path} is named and not there"
    words = re.compile(r'\b(?:N?C?_|ngettext) \(|translatable="yes"')
    for pattern in ("src/app/**/*.c", "src/cli/*.c", "ui/*.ui", "data/*.desktop", "data/*.metainfo.xml"):
        for path in glob.glob(os.path.join(SOURCE, pattern), recursive=True):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if path.endswith((".desktop", ".xml")) or words.search(text):
                assert os.path.relpath(path, SOURCE) in named, f"{path} is not in po/POTFILES"


def test_no_format_ends_in_a_macro():
    """gettext cannot see what a macro adds to a text: it would look for another one."""
    with directory() as place, open(template(place), encoding="utf-8") as file:
        for text in re.findall(r'^msgid "(.*%)"$', file.read(), re.M):
            assert text.endswith("%%"), f"{text!r} goes on in a macro"


def test_every_text_is_translated():
    with directory() as place:
        pot = template(place)
        for language in lines("LINGUAS"):
            po = os.path.join(PO, language + ".po")
            told = run("msgfmt", "-c", "--statistics", "-o", os.path.join(place, "x.mo"), po,
                       env={**ENVIRONMENT, "LC_ALL": "C"}).stderr
            assert "fuzzy" not in told and "untranslated" not in told, f"{language}: {told}"
            merged = os.path.join(place, "merged.po")
            run("msgmerge", "-q", "--no-fuzzy-matching", "-o", merged, po, pot)
            missing = run("msgattrib", "--untranslated", "--no-obsolete", "--no-location", merged).stdout
            equal([line for line in missing.split("\n\n")[1:] if KEY.search(line)], [],
                  f"what {language} has not")
            obsolete = run("msgattrib", "--only-obsolete", merged).stdout
            equal(obsolete.count("#~ msgid "), 0, f"what {language} has and nobody says: {obsolete}")


def test_menus_have_one_mnemonic_a_letter_in_chinese():
    with open(os.path.join(PO, "zh_CN.po"), encoding="utf-8") as file:
        pairs = re.findall(r'^msgid "([^"\n]*)"\nmsgstr "([^"\n]*)"$', file.read(), re.M)
    assert len(pairs) > 300, "the file is written otherwise than this test reads it"
    for text, translation in pairs:
        key = re.search(r"_(\w)", text)
        if key and "(_" in translation:
            contains(translation, f"(_{key.group(1).upper()})")


def test_the_command_line_speaks_chinese():
    with directory() as place:
        locale = os.path.join(place, "zh_CN.UTF-8")
        run("localedef", "-i", "zh_CN", "-f", "UTF-8", locale)
        catalogue = os.path.join(place, "zh_CN", "LC_MESSAGES")
        os.makedirs(catalogue)
        run("msgfmt", "-o", os.path.join(catalogue, "postroom.mo"), os.path.join(PO, "zh_CN.po"))
        environment = {**ENVIRONMENT, "LOCPATH": place, "LC_ALL": "zh_CN.UTF-8", "LANGUAGE": "",
                       "POSTROOM_LOCALE_DIR": place}
        done = run(os.path.abspath(CLI), f"--data-dir={place}", "list", env=environment)
        contains(done.stdout, "Inbox 中没有邮件。")


if __name__ == "__main__":
    main()
