"""Uses the HTML pages as a reader would: filters, sorts, opens an article, on a desk and on a telephone.

    python tests/browser/pages.py FOLDER    (a folder that `tests/browser/run` filled)
"""

import pathlib
import shutil
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

# Contrast of every visible text with what lies behind it (WCAG 2.2, 1.4.3); returns the ones below their limit.
CONTRAST = """
const rgba = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
const over = (top, below) => top.slice(0, 3).map((v, i) => v * top[3] + below[i] * (1 - top[3])).concat(1);
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (node) => {
  const layers = [];
  for (let at = node; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
};
const found = [];
for (const node of document.querySelectorAll("body *:not(script):not(style):not(noscript)")) {
  const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  if (!own || !node.getClientRects().length || node.closest("noscript, title, desc, option, :disabled")) continue;
  const style = getComputedStyle(node);
  const ink = rgba(node.ownerSVGElement ? style.fill : style.color), paper = behind(node);
  const [a, b] = [light(over(ink, paper)), light(paper)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
  window.examined = (window.examined ?? 0) + 1;
  if (ratio < (size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5))
    found.push(`${node.tagName}.${node.getAttribute("class")} ${ratio.toFixed(2)} ${node.textContent.slice(0, 30)}`);
}
return [...new Set(found)].slice(0, 10);
"""

checks = 0


def check(true, words):
    global checks
    checks += 1
    if not true:
        raise SystemExit(f"FAILED: {words}")


def browser(width, dark=False):
    options = Options()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
    for flag in ["--headless=new", "--no-sandbox", "--disable-gpu"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    metrics = dict(width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = dict(features=[dict(name="prefers-color-scheme", value="dark" if dark else "light")])
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
    return driver


def count(driver):
    words = driver.find_element(By.ID, "count").text.replace(",", "").split()
    return int(words[0]), int(words[2])


def choose(driver, name, value):
    Select(driver.find_element(By.ID, name)).select_by_value(value)


def search(driver, text):
    box = driver.find_element(By.ID, "search")
    box.clear()
    box.send_keys(text)
    time.sleep(0.4)


def titles(driver):
    return [node.text for node in driver.find_elements(By.CSS_SELECTOR, "#rows button.open")]


def page_is_sound(driver, name):
    log = [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    check(not log, f"{name}: the console says {log}")
    fetched = driver.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    check(not fetched, f"{name}: fetched {fetched}")
    wide = driver.execute_script("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]")
    check(wide[0] <= wide[1], f"{name}: {wide[0]} wide in a window of {wide[1]}")
    bad = driver.execute_script(CONTRAST)
    check(not bad, f"{name}: too little contrast: {bad}")
    check(driver.execute_script("return window.examined") > 100, f"{name}: contrast of almost nothing was examined")
    unnamed = driver.execute_script(
        "return [...document.querySelectorAll('svg[role=img]')].filter((svg) => !svg.querySelector('title')).length")
    check(unnamed == 0, f"{name}: {unnamed} plots without a title")


def printed_page_is_sound(driver, name):
    dark = [dict(name="prefers-color-scheme", value="dark")]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", dict(media="print", features=dark))
    bad = driver.execute_script(CONTRAST)
    check(not bad, f"{name} printed from a dark screen: too little contrast: {bad}")
    wide = driver.execute_script("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]")
    check(wide[0] <= wide[1], f"{name} printed: {wide[0]} wide on a page of {wide[1]}")


def report_page(driver, url):
    driver.get(url)
    wrong, all_rows = count(driver)
    check(0 < wrong < all_rows, "wrong answers are shown first")
    choose(driver, "kind", "")
    check(count(driver)[0] == all_rows, "'all' shows all")
    parts = 0
    for kind in ("wrong", "right", "unknown"):
        choose(driver, "kind", kind)
        parts += count(driver)[0]
    check(parts == all_rows, "wrong, right and not annotated add up")
    filters_narrow(driver)
    search_folds_letters(driver)
    sorting_and_paging(driver)
    open_with_mouse_and_keys(driver)


def filters_narrow(driver):
    choose(driver, "kind", "missed")
    missed = count(driver)[0]
    choose(driver, "label", "energy")
    energy = count(driver)[0]
    check(0 < energy < missed, "a label narrows the missed ones")
    choose(driver, "slice", '["lang","fa"]')
    check(0 < count(driver)[0] < energy, "a slice narrows further")
    driver.find_element(By.CSS_SELECTOR, "#filters button[type=reset]").click()
    time.sleep(0.2)
    check(count(driver)[0] > missed, "reset shows the wrong ones again")


def search_folds_letters(driver):
    choose(driver, "kind", "")
    search(driver, "راه\u200cآهن")
    joined = count(driver)[0]
    search(driver, "راهاهن")
    check(0 < joined == count(driver)[0], "a search without joiners and madda finds the same")
    search(driver, "كريدور ۳+۳")
    check(count(driver)[0] > 0 and all("کریدور" in title for title in titles(driver)), "Arabic kaf and yeh find Persian ones")
    search(driver, "<b>rail</b>")
    check(count(driver)[0] > 0 and "<b>rail</b>" in titles(driver)[0], "markup in a title is text")
    check(not driver.find_elements(By.CSS_SELECTOR, "#rows b"), "markup in a title makes no element")
    search(driver, "")


def sorting_and_paging(driver):
    choose(driver, "kind", "wrong")
    by_title = driver.find_element(By.CSS_SELECTOR, "[data-by=article]")
    by_title.click()
    head = driver.find_element(By.CSS_SELECTOR, "[data-by=article]").find_element(By.XPATH, "..")
    check(head.get_attribute("aria-sort") == "ascending", "a click on the head sorts")
    first = driver.find_element(By.CSS_SELECTOR, "#rows .id").text
    driver.find_element(By.ID, "next").click()
    check(driver.find_element(By.ID, "page").text.startswith("page 2 "), "next turns the page")
    check(driver.find_element(By.CSS_SELECTOR, "#rows .id").text != first, "another page, other rows")
    driver.find_element(By.ID, "previous").click()
    check(len(titles(driver)) == 50, "fifty rows a page")


def open_with_mouse_and_keys(driver):
    search(driver, "الغاز")
    button = driver.find_element(By.CSS_SELECTOR, "#rows button.open")
    button.click()
    box = driver.find_element(By.ID, "article")
    check(box.get_attribute("open") is not None, "a click opens the article")
    title = box.find_element(By.TAG_NAME, "h2")
    check(title.value_of_css_property("direction") == "rtl", "an Arabic title runs from the right")
    check(box.find_elements(By.CSS_SELECTOR, "blockquote mark"), "evidence is marked in its sentence")
    check(title.find_elements(By.TAG_NAME, "mark"), "evidence is marked in the title")
    check(box.find_elements(By.CSS_SELECTOR, ".article mark"), "evidence is marked in the article")
    bad = driver.execute_script(CONTRAST)
    check(not bad, f"dialog: too little contrast: {bad}")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    check(box.get_attribute("open") is None, "Escape closes it")
    button.send_keys(Keys.ENTER)
    check(box.get_attribute("open") is not None, "Enter opens it")
    before = box.find_element(By.CSS_SELECTOR, ".meta").text
    box.find_elements(By.CSS_SELECTOR, ".pager button")[1].click()
    check(box.find_element(By.CSS_SELECTOR, ".meta").text != before, "next shows the next article")
    box.find_element(By.CSS_SELECTOR, "[aria-label=Close]").click()


def comparison_page(driver, url):
    driver.get(url)
    _, all_rows = count(driver)
    kinds = []
    for kind in ("lost", "won", "mixed"):
        choose(driver, "kind", kind)
        kinds.append(count(driver)[0])
    check(sum(kinds) == all_rows and kinds[0] > 0 and kinds[1] > 0, f"{kinds} add up to {all_rows}")
    choose(driver, "slice", '["lang","fa"]')
    cell = driver.find_element(By.CSS_SELECTOR, "#rows td.title")
    check(cell.value_of_css_property("direction") == "rtl", "a Persian title and its id begin on the right")
    choose(driver, "slice", "")
    choose(driver, "kind", "won")
    driver.find_element(By.CSS_SELECTOR, "#rows button.open").click()
    check("won" in driver.find_element(By.ID, "article").text, "a changed article opens with both scores")


def ranking_page(driver, url):
    driver.get(url)
    rows = driver.find_elements(By.CSS_SELECTOR, "#side-by-side tbody tr:has(td)")
    cells = [[cell.text for cell in row.find_elements(By.TAG_NAME, "td")] for row in rows]
    check(len(rows) > 10 and all(len(row) == 3 for row in cells), "a column for the baseline and each candidate")
    check(all(any("(1)" in cell for cell in row) for row in cells), f"every number has a best one: {cells}")
    check(any("▲" in cell for row in cells for cell in row[1:]), "what is better beyond chance is marked")
    links = driver.find_elements(By.CSS_SELECTOR, "nav a")
    ids = [link.get_attribute("href").rsplit("#", 1)[1] for link in links]
    check(len(ids) == 4 and all(driver.find_elements(By.ID, name) for name in ids), f"{ids} lead somewhere")


def explanation_page(driver, url):
    driver.get(url)
    box = driver.find_element(By.CSS_SELECTOR, "details.label")
    check(box.get_attribute("open") is not None, "the answer given is open")
    text = box.find_element(By.CSS_SELECTOR, ".article p")
    check(text.value_of_css_property("direction") == "rtl", "a Persian paragraph runs from the right")
    lines = {mark.value_of_css_property("border-bottom-style") for mark in box.find_elements(By.CSS_SELECTOR, ".article mark")}
    check(lines == {"solid", "dotted"}, f"for and against differ in more than colour: {lines}")
    shut = driver.find_element(By.CSS_SELECTOR, "details.label:not([open]) > summary")
    shut.send_keys(Keys.ENTER)
    check(len(driver.find_elements(By.CSS_SELECTOR, "details.label[open]")) > 1, "Enter opens another label")


def times(driver, url):
    start = time.time()
    driver.get(url)
    loaded = time.time() - start
    filtered = driver.execute_script("""
      const box = document.getElementById("kind"), started = performance.now();
      box.value = ""; box.dispatchEvent(new Event("change"));
      const all = performance.now() - started;
      document.getElementById("search").value = "خط لوله";
      const searched = performance.now();
      box.dispatchEvent(new Event("change"));
      return [all, performance.now() - searched];
    """)
    return loaded, *filtered


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    report, comparison, ranking = (folder / name for name in ("words.report.html", "comparison.html", "ranking.html"))
    explained = folder / "explained.html"
    for width, dark in [(1280, False), (1280, True), (390, False), (390, True)]:
        driver = browser(width, dark)
        for page in (report, comparison, ranking, explained):
            driver.get(page.as_uri())
            page_is_sound(driver, f"{page.name} at {width}{' dark' if dark else ''}")
        driver.quit()
    driver = browser(720)
    for page in (report, comparison, ranking, explained):
        driver.get(page.as_uri())
        printed_page_is_sound(driver, page.name)
    driver.quit()
    driver = browser(1280)
    report_page(driver, report.as_uri())
    comparison_page(driver, comparison.as_uri())
    ranking_page(driver, ranking.as_uri())
    explanation_page(driver, explained.as_uri())
    loaded, everything, searched = times(driver, report.as_uri())
    size = report.stat().st_size / 1e6
    print(f"{checks} checks passed; {count(driver)[1]} answers, {size:.1f} MB: loaded in {loaded:.2f} s, "
          f"filtered in {everything:.0f} ms, searched in {searched:.0f} ms")
    driver.quit()


main()
