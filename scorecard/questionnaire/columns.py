"""Where a questionnaire's parts stand: in ours by its headers, in somebody else's by a map people check once.

A map names the sheet, the header row, a column for each part, and for each of their questions the item it
answers. One is proposed from headers in several languages and from how alike the questions sound; it is
written to a file with how sure each match is, and used only when given back. Nothing is guessed in silence.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

import yaml

from finops.errors import ConfigError, InputError
from finops.yamltext import parse_yaml
from scorecard.questionnaire.sheet import HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from scorecard.questionnaire.items import Item
    from scorecard.workbook.reading import Sheet, Workbook

__all__ = ["ColumnMap", "Match", "Proposal", "dump_map", "own_map", "propose_map", "read_map"]

SCHEMA = "finops.vendor.map/1"

PARTS = ("id", "question", "answer", "evidence", "note")

_HEADER_WORDS = {
    "id": ["id", "no", "nr", "ref", "number", "control", "field", "frage-nr", "nº", "no.", "#", "ref.", "nummer", "référence"],
    "question": ["question", "questions", "requirement", "frage", "pregunta", "pergunta", "domanda", "anforderung", "vraag", "質問", "问题", "exigence"],
    "answer": ["answer", "response", "reply", "antwort", "réponse", "respuesta", "resposta", "risposta", "antwoord", "回答", "答案", "bewertung"],
    "evidence": ["evidence", "document", "attachment", "proof", "nachweis", "beleg", "preuve", "evidencia", "evidência", "prova", "bewijs", "証拠", "附件"],
    "note": ["note", "notes", "comment", "comments", "remark", "bemerkung", "kommentar", "anmerkung", "commentaire", "comentario", "nota", "opmerking", "備考", "备注"],
}  # fmt: skip
"""Words that headers of each part begin with or are, in the languages questionnaires come in."""

_HEADER_ROWS = 30
"""Rows at the top of a sheet a header is looked for in."""

ALIKE = 0.5
"""How alike two questions must sound to be proposed as the same."""


class ColumnMap(NamedTuple):
    """Where everything stands. `rows` gives the item for each key: the text in the id column, else the question."""

    sheet: str
    header_row: int
    columns: Mapping[str, int]
    rows: Mapping[str, str] = {}
    words: Mapping[str, str] = {}
    """Answers of theirs, in small letters, and what they mean."""

    def key(self, sheet: Sheet, row: int) -> str:
        """What names the question in `row`; empty where nothing does."""
        column = self.columns.get("id") or self.columns.get("question")
        return " ".join(sheet.at(row, column).split()) if column else ""


class Match(NamedTuple):
    """A question of theirs, the item it sounds most like, and how much, 0 to 1; None below `ALIKE`."""

    key: str
    question: str
    item: str | None
    alike: float


class Proposal(NamedTuple):
    """A map to check, with how each of its rows came about."""

    map: ColumnMap
    matches: tuple[Match, ...]


def own_map(book: Workbook, items: Sequence[Item]) -> ColumnMap | None:
    """The map of a questionnaire of ours, wherever its columns and rows now stand; None for any other."""
    wanted = {header.casefold(): key for key, header in HEADERS.items()}
    for sheet in book.sheets:
        last = 0 if sheet.hidden else min(sheet.last_row, _HEADER_ROWS)
        for row in range(1, last + 1):
            columns = {
                wanted[text]: column
                for column in range(sheet.last_column, 0, -1)
                if (text := sheet.at(row, column).casefold()) in wanted
            }
            if {"id", "answer"} <= set(columns):
                kept = {key: columns[key] for key in PARTS if key in columns}
                return ColumnMap(sheet.name, row, kept, {item.id: item.id for item in items})
    return None


def propose_map(book: Workbook, items: Sequence[Item]) -> Proposal:
    """A map for somebody else's questionnaire; InputError when no sheet has questions and answers."""
    best: tuple[int, Sheet, int, dict[str, int]] | None = None
    for sheet in book.sheets:
        if sheet.hidden:
            continue
        for row in range(1, min(sheet.last_row, _HEADER_ROWS) + 1):
            columns = _columns(sheet, row)
            if {"question", "answer"} <= set(columns):
                score = len(columns) * 10_000 + sheet.last_row
                if best is None or score > best[0]:
                    best = (score, sheet, row, columns)
    if best is None:
        raise InputError(
            f"{book.file}: no row has headers for questions and answers",
            hint="write a map by hand: sheet, header_row, columns, rows (see `finops vendor import --help`)",
        )
    _, sheet, row, columns = best
    empty = ColumnMap(sheet.name, row, columns)
    matches = tuple(_matches(sheet, empty, items))
    rows = {match.key: match.item or "" for match in matches}
    return Proposal(empty._replace(rows=rows), matches)


def _columns(sheet: Sheet, row: int) -> dict[str, int]:
    """Parts by the header that names them; the first of two wins."""
    found: dict[str, int] = {}
    for column in range(1, sheet.last_column + 1):
        words = re.split(r"[\s/()]+", sheet.at(row, column).casefold())
        for part in PARTS:
            named = any(word.rstrip(":*.") in _HEADER_WORDS[part] for word in words[:2])
            if named and part not in found and column not in found.values():
                found[part] = column
    return found


def _matches(sheet: Sheet, columns: ColumnMap, items: Sequence[Item]) -> Iterator[Match]:
    taken: set[str] = set()
    for row in range(columns.header_row + 1, sheet.last_row + 1):
        key, question = columns.key(sheet, row), sheet.at(row, columns.columns["question"])
        if not key or not question:
            continue
        scored = sorted(
            ((_alike(question, item), item.id) for item in items if item.id not in taken),
            reverse=True,
        )
        alike, item = scored[0] if scored else (0.0, "")
        if alike >= ALIKE:
            taken.add(item)
        yield Match(key, question, item if alike >= ALIKE else None, round(alike, 2))


def _alike(question: str, item: Item) -> float:
    """How much a question sounds like an item: the words they share, and how alike their letters run."""
    theirs, ours = _words(question), _words(f"{item.ask} {item.id.replace('_', ' ')}")
    shared = len(theirs & ours) / min(len(theirs), len(ours)) if theirs and ours else 0.0
    letters = SequenceMatcher(
        None, question.casefold(), item.ask.casefold(), autojunk=False
    ).ratio()
    return 0.6 * shared + 0.4 * letters


_COMMON = frozenset(
    {
        "a",
        "an",
        "and",
        "any",
        "are",
        "at",
        "be",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "have",
        "how",
    }
    | {"in", "is", "it", "of", "on", "or", "our", "that", "the", "there", "to", "us", "we", "what"}
    | {"which", "with", "you", "your", "per"}
)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w%]+", text.casefold())) - _COMMON


def dump_map(proposal: Proposal) -> str:
    """The proposed map as YAML for people to check: each row with its question and how sure the match is."""
    from openpyxl.utils import get_column_letter

    found = proposal.map
    head = {
        "schema": SCHEMA,
        "sheet": found.sheet,
        "header_row": found.header_row,
        "columns": {part: get_column_letter(column) for part, column in found.columns.items()},
        "words": dict(found.words),
    }
    lines = [
        '# Check every row: the field it answers, or "" for none. `finops vendor import NAME FILE --map THIS`',
        yaml.safe_dump(head, sort_keys=False, allow_unicode=True).rstrip(),
        "rows:" if proposal.matches else "rows: {}",
    ]
    for match in proposal.matches:
        lines.append(f"  # {' '.join(match.question.split())[:110]}  ({match.alike:.0%} alike)")
        lines.append(f"  {_quoted(match.key)}: {_quoted(match.item or '')}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**6)
    return quoted.strip()


def read_map(path: Path, items: Sequence[Item]) -> ColumnMap:
    """The map in `path`; ConfigError names what is wrong in it."""
    try:
        raw = parse_yaml(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the map {path} could not be read: {error}") from error
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        raise ConfigError(
            f"{path} is no column map (schema: {SCHEMA})", hint="--save-map writes one"
        )
    unknown = set(raw) - {"schema", "sheet", "header_row", "columns", "rows", "words"}
    columns, rows, words = (raw.get(key) or {} for key in ("columns", "rows", "words"))
    whole = isinstance(columns, dict) and isinstance(rows, dict) and isinstance(words, dict)
    header = raw.get("header_row")
    if unknown or not whole or not isinstance(header, int) or not raw.get("sheet"):
        raise ConfigError(
            f"{path}: needs sheet, header_row, columns and rows, and nothing else but words"
        )
    known = {item.id for item in items}
    wrong = [f"{key}: {item}" for key, item in rows.items() if item and str(item) not in known]
    if wrong:
        raise ConfigError(f"{path}: no such field: {'; '.join(wrong[:5])}")
    return ColumnMap(
        str(raw["sheet"]),
        header,
        {str(part): _number(path, part, letters) for part, letters in columns.items()},
        {" ".join(str(key).split()): str(item or "") for key, item in rows.items()},
        {str(word).casefold(): str(meant) for word, meant in words.items()},
    )


def _number(path: Path, part: object, letters: object) -> int:
    from openpyxl.utils import column_index_from_string

    if part not in PARTS:
        raise ConfigError(f"{path}: {part!r} is no part: {', '.join(PARTS)}")
    try:
        number: int = column_index_from_string(str(letters).upper())
    except ValueError as error:
        raise ConfigError(f"{path}: {letters!r} is no column: A, B …") from error
    return number
