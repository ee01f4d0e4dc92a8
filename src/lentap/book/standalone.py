"""One page as one file: what Sphinx made of it, with styles, scripts and images inside, to open anywhere offline."""

import base64
import mimetypes
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

# The site around the page: navigation, search, and hints to a browser about other files.
AROUND = (
    ".bd-sidebar-primary, .prev-next-footer, .primary-toggle, .search-button, #pst-search-dialog, .search-button-field,"
    " link[rel=preload], link[rel=index], link[rel=search], link[rel=next], link[rel=prev],"
    " script[src*=searchtools], script[src*=language_data], script[src*=searchindex]"
)
IMPORT = re.compile(r"@import\s*(?:url\()?['\"]?([^'\");]+)['\"]?\)?\s*;")
IN_STYLE = re.compile(r"url\(\s*['\"]?(?!data:|#)([^'\")]+)['\"]?\s*\)")


def standalone(page: Path) -> str:
    """The HTML of a page of a built site with every file it loads or offers inside; links to pages become text."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    for around in soup.select(AROUND):
        around.decompose()
    for sheet in soup.select("link[rel=stylesheet]"):
        path = _beside(page, str(sheet["href"]))
        style = soup.new_tag("style")
        style.string = _style(path)
        sheet.replace_with(style)
    for script in soup.select("script[src]"):
        text = _beside(page, str(script["src"])).read_text(encoding="utf-8")
        script.string = text.replace("</script", "<\\/script").replace("<!--", "<\\!--")
        del script["src"]
        if soup.body and script.has_attr("defer"):  # run when the page has been read, as the file would have been
            soup.body.append(script.extract())
    for name, tags in (("src", soup.select("img[src]")), ("href", soup.select("link[rel=icon]"))):
        for tag in tags:
            if not str(tag[name]).startswith("data:"):
                tag[name] = _data(_beside(page, str(tag[name])))
    for link in soup.select("a[download]"):
        link["href"] = _data(_beside(page, str(link["href"])))
    for link in soup.select("a[href]"):
        target = urlsplit(str(link["href"]))
        if not target.scheme and not target.netloc and target.path:
            link.unwrap()
    return str(soup)


def _style(path: Path) -> str:
    """A style sheet with the sheets it imports, and the files it names as data."""
    text = IMPORT.sub(lambda found: _style(_beside(path, found[1])), path.read_text(encoding="utf-8"))
    return IN_STYLE.sub(lambda found: f'url("{_data(_beside(path, found[1]))}")', text)


def _data(path: Path) -> str:
    """A file as a data address; empty where it is not there, or is a font in an older format than its neighbour."""
    if not path.is_file() or (path.suffix == ".ttf" and path.with_suffix(".woff2").is_file()):
        return "data:,"
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _beside(page: Path, address: str) -> Path:
    """The file that a relative address on a page or in a style means."""
    return (page.parent / unquote(urlsplit(address).path)).resolve()
