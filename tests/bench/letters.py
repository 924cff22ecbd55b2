# SPDX-License-Identifier: MIT
"""Letters for the benches of index and search, the same ones from the same seed.

Words are drawn from 40,000 made-up ones by Zipf's law, as in a language; one letter in seven is
Chinese (3,000 characters, likewise), one in eight HTML with a text alternative, one in ten carries
a text file, and one in three answers an earlier one.
"""

import bisect
import email.utils
import itertools
import random
import string

WORDS = 40_000
CHARACTERS = 3_000
START = 1_600_000_000


class Author:
    def __init__(self, seed=1):
        self.random = random.Random(seed)
        self.words = self._make_words()
        self.word_weights = self._zipf(WORDS)
        self.characters = [chr(0x4E00 + i * 6) for i in range(CHARACTERS)]
        self.character_weights = self._zipf(CHARACTERS)
        self.ids = []

    def _make_words(self):
        made = set()
        while len(made) < WORDS:
            made.add("".join(self.random.choices(string.ascii_lowercase,
                                                 k=self.random.randint(3, 10))))
        return sorted(made, key=lambda word: self.random.random())

    @staticmethod
    def _zipf(count):
        return list(itertools.accumulate(1 / (i + 3) for i in range(count)))

    def _draw(self, items, weights):
        return items[bisect.bisect(weights, self.random.random() * weights[-1])
                     if weights else 0]

    def word(self):
        return self._draw(self.words, self.word_weights)

    def phrase(self, count):
        return " ".join(self.word() for _ in range(count))

    def sentence(self):
        return "".join(self._draw(self.characters, self.character_weights)
                       for _ in range(self.random.randint(6, 25))) + "。"

    def text(self, chinese):
        lines = self.random.choice((3, 8, 20, 40, 80))
        if chinese:
            return "\n".join(self.sentence() for _ in range(lines))
        return "\n".join(self.phrase(11) for _ in range(lines))

    def person(self):
        name = self.word()
        return f"{name.capitalize()} <{name}@{self.word()}.example>"

    def letter(self, number):
        """The octets of letter @number; letters are to be asked for in order."""
        chinese = self.random.random() < 1 / 7
        subject = self.sentence() if chinese else self.phrase(5)
        text = self.text(chinese)
        own = f"{number}.{self.random.getrandbits(32):08x}@bench.example"
        head = [
            f"From: {self.person()}",
            f"To: {self.person()}",
            f"Date: {email.utils.formatdate(START + number * 600)}",
            f"Message-ID: <{own}>",
            "MIME-Version: 1.0",
        ]
        if self.ids and self.random.random() < 1 / 3:
            answered = self.random.choice(self.ids[-500:])
            head += [f"In-Reply-To: <{answered}>", f"References: <{answered}>"]
            subject = "Re: " + subject
        self.ids.append(own)
        head.append(f"Subject: {subject}")
        kind = self.random.random()
        plain = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit"
        if kind < 1 / 8:
            head.append('Content-Type: multipart/alternative; boundary="b"')
            html = text.replace("\n", "</p>\n<p>")
            body = (f"--b\n{plain}\n\n{text}\n--b\n{plain.replace('plain', 'html')}\n\n"
                    f"<html><body><p>{html}</p></body></html>\n--b--\n")
        elif kind < 1 / 8 + 1 / 10:
            head.append('Content-Type: multipart/mixed; boundary="b"')
            body = (f"--b\n{plain}\n\n{text}\n--b\n{plain}\nContent-Disposition: attachment; "
                    f'filename="{self.word()}.txt"\n\n{self.text(False)}\n--b--\n')
        else:
            head.append(plain)
            body = text + "\n"
        return ("\n".join(head) + "\n\n" + body).encode()

    def queries(self, count):
        """What a person would look for: common and rare words, two words, phrases, Chinese."""
        made = []
        for i in range(count):
            kind = i % 5
            if kind == 0:
                made.append(self.word())
            elif kind == 1:
                made.append(self.words[self.random.randrange(WORDS // 4)])
            elif kind == 2:
                made.append(f"{self.word()} {self.word()}")
            elif kind == 3:
                made.append(f"subject:{self.word()}")
            else:
                made.append(self._draw(self.characters, self.character_weights)
                            + self._draw(self.characters, self.character_weights))
        return made
