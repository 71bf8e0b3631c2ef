"""The catalog: which checks make which level of which category, as a YAML file with a fingerprint.

A catalog has categories; a category has checks, each of level 1 or 2, true or false of a subject (us, a
team, a vendor). Beside them stand requirements (red flags, sovereignty: all or nothing, whatever the
score) and the questions a vendor is asked. Our own catalog is one like any other: another replaces it,
or `extends` it, adding to and overriding its parts by id.

A question has fields, each one cell to answer. `when` makes a field a follow-up: it is asked only where
an earlier field's answer fits. `check` says which check a field's answer speaks to (so its category and
level), `passes` which answers make that check true; a check several fields speak to needs all that apply.
`metric` names what our own telemetry can say about the same thing, to be held against the answer: it is
what measures a vendor's check, which has no probe.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from finops.errors import ConfigError
from finops.sections.owners import LayerName
from finops.yamltext import parse_yaml

__all__ = [
    "OWN",
    "Catalog",
    "Category",
    "Check",
    "CheckKind",
    "Concept",
    "Condition",
    "Effort",
    "FieldKind",
    "Question",
    "QuestionField",
    "Requirement",
    "SubjectKind",
    "catalog_source",
    "load_catalog",
    "parse_catalog",
]

OWN = "finops"
"""The id of the catalog that comes with finops."""

_NIST_COUNTS = {
    "GOVERN": (7, 3, 2, 3, 2, 2),
    "MAP": (6, 3, 5, 2, 2),
    "MEASURE": (3, 13, 3, 3),
    "MANAGE": (4, 4, 2, 3),
}
"""Subcategories of each category of each function of the NIST AI Risk Management Framework 1.0."""

NIST = frozenset(
    f"{function} {place}.{number}"
    for function, counts in _NIST_COUNTS.items()
    for place, count in enumerate(counts, start=1)
    for number in range(1, count + 1)
)
"""Subcategory ids of the NIST AI RMF."""

_ID = re.compile(r"^[a-z][a-z0-9_]*$")


class SubjectKind(StrEnum):
    """Who is scored."""

    SELF = "self"
    TEAM = "team"
    VENDOR = "vendor"


class CheckKind(StrEnum):
    """What can make a check true: a person's document, a probe, or either."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"
    BOTH = "both"


class Effort(StrEnum):
    """What it takes to make a check true: days, weeks, months."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def days(self) -> int:
        """Working days, roughly."""
        return {"low": 3, "medium": 15, "high": 60}[self.value]


class FieldKind(StrEnum):
    """What a question's field is answered with."""

    YES_NO = "yes_no"
    NUMBER = "number"
    PERCENT = "percent"
    CHOICE = "choice"
    DATE = "date"
    TEXT = "text"


def _exact(value: object) -> object:
    """A YAML number by way of its text, so that 0.1 is the decimal 0.1."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    return value


Number = Annotated[Decimal, Field(allow_inf_nan=False), BeforeValidator(_exact)]
Parameter: TypeAlias = "bool | Number | str | tuple[str, ...]"
Identifier = Annotated[str, Field(pattern=_ID.pattern)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Check(_Part):
    """One statement that is true or false of a subject. `level` 0 earns no points (requirements use it)."""

    id: Identifier
    level: Literal[0, 1, 2]
    kind: CheckKind
    statement: str = Field(min_length=1, description="A sentence that is true when all is well.")
    guidance: str = Field(default="", description="What to look at, or which document to attach.")
    subjects: tuple[SubjectKind, ...] = (SubjectKind.SELF, SubjectKind.TEAM)
    probe: str | None = Field(default=None, description="Probe that answers it from the ledger.")
    params: dict[str, Parameter] = Field(
        default_factory=dict, description="What the probe is told."
    )
    remediation: str = Field(min_length=1, description="What to do when it is false.")
    effort: Effort
    layer: LayerName
    owner: str = Field(default="platform", description="Role that usually does it.")
    nist: tuple[str, ...] = Field(default=(), description="Subcategories of the NIST AI RMF.")

    @field_validator("nist")
    @classmethod
    def _nist_is_known(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        for name in ids:
            if name not in NIST:
                raise ValueError(f"{name!r} is no subcategory of the NIST AI RMF (GOVERN 1.1 …)")
        return ids

    @model_validator(mode="after")
    def _probe_goes_with_kind(self) -> Check:
        is_vendors = self.subjects == (SubjectKind.VENDOR,)
        if self.probe is not None and self.kind is CheckKind.MANUAL:
            raise ValueError(f"check {self.id} is manual: no probe answers it")
        if self.probe is None and self.kind is not CheckKind.MANUAL and not is_vendors:
            raise ValueError(f"check {self.id} is {self.kind}: name the probe that answers it")
        return self


class Category(_Part):
    """One of the eight: two points, its checks, and for how many days what was measured counts."""

    id: Identifier
    title: str
    question: str
    levels: dict[Literal[0, 1, 2], str] = Field(description="What each level looks like.")
    max_age_days: int = Field(ge=1)
    checks: tuple[Check, ...] = Field(min_length=1)


class Requirement(_Part):
    """Something all of whose checks must be true, whatever the score; one false one is a veto."""

    id: str
    group: Literal["red_flags", "sovereignty"]
    statement: str
    checks: tuple[Identifier, ...] = Field(min_length=1, description="Ids of checks.")


class Condition(_Part):
    """What an answer must be: given, one of some, at least or at most a number."""

    answered: bool | None = None
    one_of: tuple[str, ...] | None = Field(
        default=None, description="yes and no for yes_no fields."
    )
    at_least: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if not self.model_fields_set:
            raise ValueError("a condition needs answered, one_of, at_least or at_most")
        return self


class FollowUp(Condition):
    """When a field is asked: an earlier field's answer fits."""

    field: Identifier


class QuestionField(_Part):
    """One cell of a questionnaire."""

    id: Identifier
    ask: str
    kind: FieldKind
    unit: str = ""
    choices: tuple[str, ...] = ()
    guidance: str = ""
    when: FollowUp | None = None
    check: Identifier | None = None
    passes: Condition | None = None
    metric: str | None = None
    document: bool = Field(default=False, description="Whether a document should be attached.")

    @model_validator(mode="after")
    def _is_whole(self) -> QuestionField:
        if (self.kind is FieldKind.CHOICE) != bool(self.choices):
            raise ValueError(f"field {self.id}: choices go with kind choice")
        if (self.check is None) != (self.passes is None):
            raise ValueError(f"field {self.id}: check and passes go together")
        return self


class Question(_Part):
    """One question to a vendor, under the category it is scored in."""

    id: Identifier
    number: int
    title: str
    ask: str
    category: Identifier
    fields: tuple[QuestionField, ...] = Field(min_length=1)


class Concept(_Part):
    """One thing to understand, by layer or by idea, and the command that shows our own number."""

    id: Identifier
    group: Literal["layer", "concept"]
    title: str
    ask: str = Field(description="What one should be able to answer.")
    command: str = Field(description="Command that shows the company's own number.")
    checks: tuple[Identifier, ...] = Field(default=(), description="Checks that speak to it.")


class Catalog(_Part):
    """Everything that is asked. `sha256` fingerprints the file, or files, it was read from."""

    id: Identifier
    version: str
    title: str
    risk_below: Number = Field(description="Verified points below which there is a spending risk.")
    categories: tuple[Category, ...] = Field(min_length=1)
    unscored: tuple[Check, ...] = Field(default=(), description="Checks only requirements use.")
    requirements: tuple[Requirement, ...] = ()
    questions: tuple[Question, ...] = ()
    concepts: tuple[Concept, ...] = ()
    sha256: str = ""

    @property
    def max_points(self) -> int:
        """Two for each category."""
        return 2 * len(self.categories)

    def check(self, name: str) -> Check:
        """The check called `name`; KeyError when there is none."""
        for check in self.checks():
            if check.id == name:
                return check
        raise KeyError(name)

    def checks(self, subject: SubjectKind | None = None) -> tuple[Check, ...]:
        """Checks in catalog order, unscored ones last; those that are asked of `subject`."""
        everything = (*(c for category in self.categories for c in category.checks), *self.unscored)
        return tuple(c for c in everything if subject is None or subject in c.subjects)

    def category_of(self, check: str) -> Category | None:
        """The category `check` earns points in; None for an unscored one."""
        for category in self.categories:
            if any(check == each.id for each in category.checks):
                return category
        return None

    @model_validator(mode="after")
    def _ids_fit(self) -> Catalog:
        checks = {check.id for check in self.checks()}
        fields = [field for question in self.questions for field in question.fields]
        for what, ids in (
            ("category", [category.id for category in self.categories]),
            ("check", [check.id for check in self.checks()]),
            ("requirement", [each.id for each in self.requirements]),
            ("question", [question.id for question in self.questions]),
            ("field", [field.id for field in fields]),
            ("concept", [concept.id for concept in self.concepts]),
        ):
            twice = [name for name, count in Counter(ids).items() if count > 1]
            if twice:
                raise ValueError(f"{what} {twice[0]!r} stands twice")
        used = [(f"field {field.id}", field.check) for field in fields if field.check]
        used += [(each.id, name) for each in self.requirements for name in each.checks]
        used += [(each.id, name) for each in self.concepts for name in each.checks]
        for place, name in used:
            if name not in checks:
                raise ValueError(f"{place}: there is no check {name!r}")
        _follow_ups_fit(self)
        return self


def _follow_ups_fit(catalog: Catalog) -> None:
    """ValueError when a follow-up depends on a field that does not come before it, or a category is unknown."""
    known = {category.id for category in catalog.categories}
    before: set[str] = set()
    for question in catalog.questions:
        if question.category not in known:
            raise ValueError(f"question {question.id}: there is no category {question.category!r}")
        for field in question.fields:
            if field.when is not None and field.when.field not in before:
                raise ValueError(f"field {field.id}: no field {field.when.field!r} before it")
            before.add(field.id)


@cache
def load_catalog(path: str | None = None) -> Catalog:
    """The catalog in the file at `path`, or our own; ConfigError says what is wrong, and where."""
    return parse_catalog(catalog_source(path), path or "catalog.yaml")


def catalog_source(path: str | None = None) -> bytes:
    """The file at `path`, or the one of our own catalog, as it is; ConfigError when it cannot be read."""
    if path is None:
        return (files(__package__ or "scorecard") / "catalog.yaml").read_bytes()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"the catalog {path} could not be read: {error.strerror}") from error


def parse_catalog(data: bytes, name: str) -> Catalog:
    """The catalog written in `data` (YAML); `name` is what errors call it."""
    try:
        raw = parse_yaml(data.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is not UTF-8 text") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{name} is not a catalog", hint="finops scorecard catalog --yaml")
    prints = [hashlib.sha256(data).hexdigest()]
    base = raw.pop("extends", None)
    if base is not None:
        if base != OWN:
            raise ConfigError(f"{name} extends {base!r}: only {OWN!r} can be extended")
        own = load_catalog()
        raw, prints = _extended(own, raw), [own.sha256, *prints]
    both = prints[0] if len(prints) == 1 else hashlib.sha256(" ".join(prints).encode()).hexdigest()
    try:
        return Catalog.model_validate({**raw, "sha256": both})
    except ValidationError as error:
        raise ConfigError(f"{name}: {_problems(error)}") from error


def _extended(own: Catalog, raw: dict[str, Any]) -> dict[str, Any]:
    """`raw` laid over our own catalog: lists of things with an id are merged by it, `remove` takes out."""
    under = own.model_dump(mode="python", exclude={"sha256"}, exclude_unset=True)
    removed = set(raw.pop("remove", ()))
    merged = _merge(under, raw)
    return _without(merged, removed) if removed else merged


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(under)
    for key, value in over.items():
        old = result.get(key)
        if _has_ids(value) and _has_ids(old):
            result[key] = _merge_lists(list(old or ()), value)
        elif isinstance(value, dict) and isinstance(old, dict):
            result[key] = _merge(old, value)
        else:
            result[key] = value
    return result


def _merge_lists(under: list[dict[str, Any]], over: list[dict[str, Any]]) -> list[dict[str, Any]]:
    places = {item["id"]: place for place, item in enumerate(under)}
    for item in over:
        if item["id"] in places:
            under[places[item["id"]]] = _merge(under[places[item["id"]]], item)
        else:
            under.append(item)
    return under


def _has_ids(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(item, dict) and "id" in item for item in value)
    )


def _without(value: Any, removed: set[str]) -> Any:  # noqa: ANN401  (any part of a YAML tree)
    """`value` without the things whose id is in `removed`, and without mentions of them."""
    if isinstance(value, dict):
        return {key: _without(part, removed) for key, part in value.items()}
    if isinstance(value, list | tuple):
        kept = [
            part
            for part in value
            if (part.get("id") if isinstance(part, dict) else part) not in removed
        ]
        return [_without(part, removed) for part in kept]
    return value


def _problems(error: ValidationError) -> str:
    said = []
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        message = str(problem["msg"]).removeprefix("Value error, ")
        said.append(f"{place}: {message}" if place else message)
    return "; ".join(said[:5]) + (" …" if len(said) > 5 else "")  # noqa: PLR2004  (enough to begin with)
