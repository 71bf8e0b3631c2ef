"""The page in a real Chromium: read, clicked, reached by keyboard, printed; and the PDF finops prints with it."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finops.report.document import Document, render_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium", "playwright")]

DOCUMENT: Document = runpy.run_path(str(Path(__file__).parent / "sample_document.py"))["DOCUMENT"]

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "review.html"
    path.write_bytes(render_document(DOCUMENT, "html"))
    return path


@pytest.fixture
def page(chromium: Browser, file: Path) -> Iterator[Page]:
    """The page, which asked for nothing but itself and complained of nothing."""
    found = chromium.new_page(viewport={"width": 1280, "height": 800})
    asked: list[str] = []
    said: list[str] = []
    found.on("request", lambda request: asked.append(request.url))
    found.on("console", lambda message: said.append(message.text))
    found.goto(file.as_uri())
    yield found
    assert {address.partition("#")[0] for address in asked} == {file.as_uri()}
    assert said == []
    found.close()


def test_contents_lead_to_sections(page: Page) -> None:
    page.get_by_role("link", name="2. What changed").click()
    assert page.url.endswith("#changed")
    assert page.get_by_role("heading", name="2. What changed").is_visible()


def test_detail_is_folded_and_opens_by_mouse_and_by_key(page: Page) -> None:
    detail = page.get_by_role("cell", name="line 39")
    assert not detail.is_visible()
    page.locator("summary", has_text="Every line").click()
    assert detail.is_visible()
    page.locator("summary", has_text="Every line").press("Enter")
    assert not detail.is_visible()


def test_everything_that_can_be_used_is_reached_by_tab(page: Page) -> None:
    reached = []
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.tagName + document.activeElement.className")
        )
    assert reached[:3] == ["A", "A", "A"]
    assert "SUMMARY" in reached
    assert "DIVdrawing" in reached
    assert "DIVwide" in reached


def test_charts_are_images_with_a_name(page: Page) -> None:
    names = [
        image.get_attribute("aria-labelledby") for image in page.locator("svg[role=img]").all()
    ]
    assert len(names) == 4
    for place, title in enumerate(
        ("Effective cost by month", "What changed", "Forecast", "Cost by team")
    ):
        assert page.get_by_role("img", name=title).nth(0).is_visible(), (place, title)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert contrast(ink, paper) >= 7


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `rgb(…)` colours (WCAG 2.2, relative luminance)."""

    def luminance(color: str) -> float:
        parts = [int(value) / 255 for value in re.findall(r"\d+", color)[:3]]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_narrow_page_scrolls_inside_its_tables_only(chromium: Browser, file: Path) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 800})
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()


def test_on_paper_page_one_stands_alone_and_detail_is_open(page: Page) -> None:
    page.emulate_media(media="print")
    assert page.get_by_role("cell", name="line 39").is_visible()
    assert not page.get_by_role("link", name="2. What changed").is_visible()
    pdf = page.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF-")


def test_finops_prints_the_same_pdf_twice() -> None:
    first = render_document(DOCUMENT, "pdf")
    assert first.startswith(b"%PDF-")
    assert b"/CreationDate (D:20000101000000+00'00')" in first
    assert first == render_document(DOCUMENT, "pdf")
