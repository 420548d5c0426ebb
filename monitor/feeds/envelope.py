"""Answers in an envelope: under HTTP 200 a code says whether there is one. Hop 2.

Most exchanges answer every request with 200 and put success or failure into a member beside the
data. Each such provider declares the envelope's words once; what is inside is opened only after the
code was read.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.feeds.answers import Node, shown
from monitor.feeds.reasons import Reason

_UNAVAILABLE = {Reason.THROTTLED, Reason.SERVER_ERROR}
_MENDS = {
    Reason.NOT_FOUND: "; check the symbol",
    Reason.UNAUTHORIZED: "; check the key",
    Reason.FORBIDDEN: "; the key's plan does not cover this",
    Reason.GEO_BLOCKED: "; it is not served from here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What one provider's envelope looks like.

    Attributes:
        code: the member that says whether the request went well.
        good: its text when it did.
        inside: the member that holds the answer.
        words: the member that explains a failure.
        number: the member that holds a failure's number, where `code` does not.
        reasons: the failure's number to our word for it; any other is a server error.

    """

    code: str
    good: str
    inside: str
    words: str
    number: str = ""
    reasons: tuple[tuple[str, Reason], ...] = ()

    def open(self, root: Node) -> Node:
        """Return what is inside.

        Raises:
            FeedUnavailable: the provider is throttling us or broken.
            FeedRejected: a person must mend the key, the plan, the region or the symbol.
            BadQuote: it is no such envelope.

        """
        code = root.at(self.code)
        if _text(code) != self.good:
            raise self._error(root)
        return root.at(self.inside)

    def _error(self, root: Node) -> FeedError:
        number = root.maybe(self.number or self.code)
        words = root.maybe(self.words)
        said = "nothing" if words is None else shown(words.value)
        code = "" if number is None else _text(number)
        reason = dict(self.reasons).get(code, Reason.SERVER_ERROR)
        message = f"{root.provider}: answered code {shown(code)}: {said}"
        if reason in _UNAVAILABLE:
            return FeedUnavailable(f"{message}; it is asked again later", reason=reason)
        return FeedRejected(message + _MENDS.get(reason, ""), reason=reason)


def _text(node: Node) -> str:
    """Return a code, which some providers write as a number and some as text."""
    return node.value if isinstance(node.value, str) else str(node.count())
