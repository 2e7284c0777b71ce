"""Copies the lexicon's example sentences into corpus/lexicon_sentences.csv for training abuse.

    python -m training.lexicon_sentences

A copy, so that a quality team's edit of a list does not change the model that ships: run this,
then `make text-models`, and pin the new sha256 in edge_agent/models/catalog.py.
"""

import csv

from edge_agent.categories import Lexicon
from edge_agent.words import CONFIRMED
from schemas.vocabulary import Language
from training.clean_talk import innocents
from training.corpus import LEXICON


def read_copy() -> list[tuple[str, bool]]:
    """(sentence, whether it is abusive)."""
    with LEXICON.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"] == "abusive") for row in csv.DictReader(file)]


def main() -> None:
    lexicon = Lexicon.load()
    abusive = sorted(
        {
            e.text
            for e in lexicon.examples
            if e.fires and e.category in CONFIRMED and e.language is Language.VIETNAMESE
        }
    )
    with LEXICON.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["label", "text"])
        out.writerows(["clean", text] for text, _ in innocents(lexicon))
        out.writerows(["abusive", text] for text in abusive)


if __name__ == "__main__":
    main()
