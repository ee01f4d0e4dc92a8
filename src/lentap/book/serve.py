"""Look at a built site on the loopback address."""

from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from lentap.book.project import Project
from lentap.book.publish import link_name
from lentap.design import load_design, trial_folder
from lentap.errors import InputError


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing for each request."""


def serve(project: Project, data: str, port: int, say: Callable[[str], None]) -> None:
    """Serve a trial's site until interrupted.

    Raises
    ------
    InputError
        The site has not been built, or the port is taken.
    """
    site = project.build / link_name(load_design(trial_folder(data)), data)
    if not (site / "index.html").is_file():
        msg = "nothing has been built yet for this trial: run 'lentap build' first"
        raise InputError(msg)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(site)))
    except OSError as error:
        msg = f"port {port} cannot be used ({error.strerror}); choose another with --port"
        raise InputError(msg) from error
    say(f"http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
