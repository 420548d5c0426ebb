"""Why a fetch gave nothing: the closed set behind the `reason` label of feed failures. Hop 2."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """One word per cause; grouped by the error that carries it.

    Attributes:
        TIMEOUT: FeedUnavailable; no complete answer within timeout_s.
        CONNECTION: FeedUnavailable; refused, reset, cut short, no such host, TLS.
        THROTTLED: FeedUnavailable; 429, a ban (418), or the provider's own words for it.
        HELD_BACK: FeedUnavailable; not asked at all: the provider's budget for us is nearly used,
            or another feed of the account was told to wait.
        SERVER_ERROR: FeedUnavailable; 5xx, or the provider's own words for it.
        UNAUTHORIZED: FeedRejected; 401, the key is missing or wrong.
        FORBIDDEN: FeedRejected; 403.
        NOT_FOUND: FeedRejected; 404, or an unknown symbol.
        GEO_BLOCKED: FeedRejected; 451, not served from this region.
        CLIENT_ERROR: FeedRejected; another 4xx.
        REDIRECTED: FeedRejected; led to a host that the feed does not declare, or in a circle.
        TOO_LARGE: BadQuote; the body passes max_bytes, packed or unpacked.
        NOT_TEXT: BadQuote; the body is no UTF-8 or cannot be unpacked.
        NOT_JSON: BadQuote; the text is no JSON (a web page, a cut body).
        MISSING_FIELD: BadQuote; a field that must be there is not, or says "unknown".
        WRONG_TYPE: BadQuote; a field holds another kind of value.
        NOT_A_NUMBER: BadQuote; a number field holds nan, infinity or no plain number.
        OUT_OF_BOUNDS: BadQuote; a number or a time that nothing real can have.
        ZERO_PRICE: BadQuote; a price of zero means "no price".
        NEGATIVE: BadQuote; a price below zero.
        WRONG_SYMBOL: BadQuote; the answer is about something else, or in another currency.
        STORE_UNAVAILABLE: the quotes came but could not be stored.
        BUG: the adapter raised something that is no feed error.

    """

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    THROTTLED = "throttled"
    HELD_BACK = "held_back"
    SERVER_ERROR = "server_error"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    GEO_BLOCKED = "geo_blocked"
    CLIENT_ERROR = "client_error"
    REDIRECTED = "redirected"
    TOO_LARGE = "too_large"
    NOT_TEXT = "not_text"
    NOT_JSON = "not_json"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_BOUNDS = "out_of_bounds"
    ZERO_PRICE = "zero_price"
    NEGATIVE = "negative"
    WRONG_SYMBOL = "wrong_symbol"
    STORE_UNAVAILABLE = "store_unavailable"
    BUG = "bug"
