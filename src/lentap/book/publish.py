"""Publish a built site: a folder named by its content, and a link that changes in one step."""

import shutil
from pathlib import Path

from lentap.book.project import digest, digest_files, files_below, slug
from lentap.design import Design

STAMP = ".stamp"


def link_name(design: Design, data: str) -> str:
    """Name of the link to a trial's site: ``html`` for the book itself, else by the trial's id and folder."""
    if data == "shipped":
        return "html"
    return f"html-{slug(design.id)}-{digest(str(Path(data).expanduser().resolve()))[:6]}"


def publish(html: Path, link: Path, stamp: str) -> Path:
    """Move a built site to a folder named by its content, and point the link at it in one step."""
    name = digest(digest_files(files_below(html), html), stamp)[:16]
    (html / STAMP).write_text(stamp, encoding="utf-8")
    sites = link.parent / "sites"
    sites.mkdir(parents=True, exist_ok=True)
    target = sites / name
    if not target.is_dir():
        html.replace(target)
    _point(link, target)
    _remove_unlinked(sites, link.parent)
    return link


def _point(link: Path, target: Path) -> None:
    """Make the link lead to the folder; a copy where the system knows no links."""
    fresh = link.with_name(f".{link.name}.new")
    _clear(fresh)
    try:
        fresh.symlink_to(target.relative_to(link.parent), target_is_directory=True)
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        fresh.replace(link)
    except OSError:
        shutil.copytree(target, fresh)
        old = link.with_name(f".{link.name}.old")
        _clear(old)
        if link.exists():
            link.replace(old)
        fresh.replace(link)
        _clear(old)


def _clear(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _remove_unlinked(sites: Path, build: Path) -> None:
    used = {link.resolve() for link in build.iterdir() if link.is_symlink()}
    for site in sites.iterdir():
        if site.resolve() not in used:
            shutil.rmtree(site, ignore_errors=True)


def is_current(link: Path, stamp: str) -> bool:
    """Whether the published site was built from exactly these inputs."""
    try:
        return (link / STAMP).read_text(encoding="utf-8") == stamp
    except OSError:
        return False
