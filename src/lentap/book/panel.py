"""The end of every page: what it was run with, how to rerun it, what to download."""

import shlex
from html import escape

from lentap.book.chapter import Parameter
from lentap.book.pages import Page
from lentap.design import Design
from lentap.parameters import Value, rule_of


def rerun_panel(page: Page, values: dict[str, Value], design: Design, downloads: dict[str, str]) -> str:
    """HTML of the panel; ``downloads`` maps a label to a link."""
    links = " · ".join(f'<a href="{escape(href)}" download>{escape(label)}</a>' for label, href in downloads.items())
    return (
        '<div class="lentap-rerun">'
        f"{_parameters(page, values, design)}"
        f"<p>Run it again with other values, also on your own trial (<code>--data FOLDER</code>):</p>"
        f'<div class="highlight"><pre><code class="lentap-command">{escape(command(page, values))}</code></pre></div>'
        f"{f'<p>Download: {links}</p>' if links else ''}"
        '<p class="lentap-notice">For research and teaching, not for treatment decisions.</p></div>'
    )


def command(page: Page, values: dict[str, Value]) -> str:
    """The command that reruns a page as it stands."""
    changed = {name: value for name, value in values.items() if value != page.chapter.parameters[name].default}
    changed |= page.given
    data = changed.pop("data", "shipped")
    words = ["lentap", "run", page.chapter.name]
    words += ["--data", str(data)] if data != "shipped" else []
    for name, value in changed.items():
        words += ["-p", f"{name}={value}"]
    return shlex.join(words)


def _parameters(page: Page, values: dict[str, Value], design: Design) -> str:
    rows = "".join(_row(parameter, values[name], design) for name, parameter in page.chapter.parameters.items())
    return (
        '<div class="lentap-table" tabindex="0"><table><thead><tr><th>Parameter</th><th>On this page</th>'
        f"<th>Legal values</th><th>Meaning</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(parameter: Parameter, value: Value, design: Design) -> str:
    legal = rule_of(parameter.type_name)[1].legal(design)
    cells = (parameter.name, str(value), legal, parameter.help)
    code = [
        f"<code>{escape(cells[0])}</code>",
        f'<code data-value="{escape(parameter.name)}">{escape(cells[1])}</code>',
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in (*code, *map(escape, cells[2:]))) + "</tr>"
