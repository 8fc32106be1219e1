"""The configurations in the documentation. A test runs them as they stand there, at other ports and paths."""
import os, re

DOCS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + "/docs"


def blocks(page, language):
    """The code blocks of a page in a language."""
    with open(f"{DOCS}/{page}", encoding="utf-8") as file:
        return re.findall(rf"^```{language}\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)


def block(page, language, part):
    """The one code block that contains `part`."""
    found = [text for text in blocks(page, language) if part in text]
    assert len(found) == 1, f"{page}: {len(found)} blocks of {language} contain {part}"
    return found[0]


def adapted(text, changes):
    """The text with each key of `changes` replaced by its value. Each must occur."""
    for old in changes:
        assert old in text, f"the configuration does not contain {old}:\n{text}"
    keys = sorted(changes, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, keys)), lambda found: str(changes[found[0]]), text)
