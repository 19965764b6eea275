"""A small Apprise API server: the endpoints that channels call, with the library of the real one behind them."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import apprise

# By key: pairs of a service's URL and its tag.
CONFIGURATIONS = json.loads(sys.argv[1])


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.path.removeprefix("/notify").strip("/")
        if key and key not in CONFIGURATIONS:
            return self.answer(204)
        services = apprise.Apprise()
        for url, tag in CONFIGURATIONS[key] if key else [(request["urls"], None)]:
            services.add(url, tag=tag)
        is_sent = services.notify(
            request["body"],
            title=request["title"],
            notify_type=request["type"],
            body_format=request["format"],
            tag=request.get("tag") or "all",
        )
        if is_sent:
            return self.answer(200, {"error": None})
        return self.answer(424, {"error": "One or more notification could not be sent"})

    def answer(self, status, body=None):
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
