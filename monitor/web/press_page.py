"""`POST /api/v1/press`: a button of a message was pressed; `GET /press`: the same for a browser. Hop 2.

The body is the button's token, and nothing else counts: no cookie, no header. So any page may post it,
and the ntfy web app does. The page in the browser is the same for everybody: the token stands behind
`#`, which no server and no log sees, and a preview that fetches the link presses nothing.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import web

from alerts.channels.buttons import MAX_TOKEN, PAGE_PATH, PRESS_PATH
from monitor.web.admission import RefusedRequest
from monitor.web.command_door import BUTTON, CommandDoor
from monitor.web.command_page import answered
from monitor.web.ingest import bounded_body

SCRIPT = """
const token = location.hash.slice(1);
const chinese = navigator.language.startsWith("zh");
const words = chinese
  ? {ack: "确认", snooze: "暂停 30 分钟", none: "这个链接里没有按钮。", gone: "服务没有回答。"}
  : {ack: "Acknowledge", snooze: "Snooze 30 min", none: "There is no button in this link.",
     gone: "The service does not answer."};
const says = document.getElementById("says");
const press = document.getElementById("press");
function claims() {
  try {
    const said = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(said), letter => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch { return null; }
}
const found = claims();
if (found === null || !(found[1] in words)) {
  says.textContent = words.none;
} else {
  says.textContent = found[2] + " · " + found[3];
  press.textContent = words[found[1]];
  press.hidden = false;
  press.onclick = async () => {
    press.disabled = true;
    try {
      const answer = await fetch("PRESS_PATH", {method: "POST", body: token});
      says.textContent = (await answer.json()).text;
      press.hidden = answer.ok;
    } catch { says.textContent = words.gone; }
    press.disabled = false;
  };
}
""".replace("PRESS_PATH", PRESS_PATH.removeprefix("/"))
_STYLE = """
body { font: 1.2rem system-ui, sans-serif; margin: 15vh auto; max-width: 24rem; padding: 1rem }
button { font: inherit; padding: 1rem 2rem; width: 100% }
"""
PAGE = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hashhedge</title>
<style>{_STYLE}</style>
<p id="says"></p>
<button id="press" hidden></button>
<script>{SCRIPT}</script>
</html>
"""


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors 'none'; script-src {_hashed(SCRIPT)}; style-src {_hashed(_STYLE)}"
    ),
    "Referrer-Policy": "no-referrer",
}
_ANYWHERE = {"Access-Control-Allow-Origin": "*"}


@dataclass(frozen=True, slots=True)
class PressPage:
    """The handlers and the door that they lead to."""

    door: CommandDoor

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post(PRESS_PATH, self.post)
        app.router.add_get(PAGE_PATH, self.page)

    async def post(self, request: web.Request) -> web.Response:
        """Answer one press as `POST /api/v1/command` answers a command."""
        try:
            body = await bounded_body(request, MAX_TOKEN)
        except RefusedRequest as refusal:
            found = await answered(self.door, await self.door.turn(refusal, BUTTON))
        else:
            token = body.decode("ascii", "replace").strip()
            found = await answered(self.door, await self.door.press(token))
        found.headers.update(_ANYWHERE)
        return found

    async def page(self, _request: web.Request) -> web.Response:
        """Show what the button in the address does, and a way to press it."""
        return web.Response(text=PAGE, content_type="text/html", headers=_HEADERS)
