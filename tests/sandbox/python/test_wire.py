"""Frames, requests and the messages of steps: caps and refusals."""

import json
import random
import struct
import unittest
from typing import Any

from supervisor.faults import ProtocolError
from supervisor.outcome import read_outcome, take_outcome
from supervisor.settings import Limits, parse_limits
from supervisor.wire import (
    FrameReader,
    ReleaseRequest,
    RunRequest,
    cut_text,
    encode_frame,
    parse_request,
)

LIMITS = Limits(1000, 1000, 1 << 20, 64, 16, 100)
RUN: dict[str, Any] = {
    "op": "run",
    "id": 1,
    "parent": 0,
    "prefix": ["a"],
    "code": "b",
    "keep": True,
}
OUTCOME: dict[str, Any] = {
    "status": "ok",
    "stdout": "x",
    "value": None,
    "type": None,
    "message": "",
    "line": None,
    "at": None,
    "us": 7,
}


def written(**changes: object) -> bytes:
    """Write an outcome as a step's process would."""
    return json.dumps({**OUTCOME, **changes}).encode()


class FrameTest(unittest.TestCase):
    """Cutting a stream into bodies."""

    def test_any_division_of_the_stream_gives_the_same_bodies(self) -> None:
        """Frames may come in pieces or together."""
        rng = random.Random(1)
        for _ in range(200):
            bodies = [{"n": rng.randrange(1 << rng.randrange(1, 40))} for _ in range(5)]
            stream = b"".join(map(encode_frame, bodies))
            reader, found = FrameReader(100), []
            while stream:
                size = rng.randint(1, len(stream))
                reader.feed(stream[:size])
                stream = stream[size:]
                while (body := reader.next()) is not None:
                    found.append(json.loads(body))
            self.assertEqual(found, bodies)
            self.assertEqual(reader.pending, 0)

    def test_a_body_over_the_cap_is_refused_before_it_is_there(self) -> None:
        """Four bytes are enough to refuse."""
        reader = FrameReader(100)
        reader.feed(struct.pack("!I", 101))
        with self.assertRaisesRegex(
            ProtocolError, "^Cannot read a frame: expected at most 100 bytes, got 101$"
        ):
            reader.next()

    def test_frames_are_ascii(self) -> None:
        """Whatever the text is."""
        self.assertTrue(encode_frame({"x": "\u2211\ud800\0"}).isascii())


class RequestTest(unittest.TestCase):
    """Requests of the harness."""

    def test_valid_requests_are_read(self) -> None:
        """Each op."""
        self.assertEqual(
            parse_request(json.dumps(RUN).encode()), RunRequest(1, 0, ("a",), "b", True)
        )
        self.assertEqual(parse_request(b'{"op":"release","ids":[3]}'), ReleaseRequest((3,)))

    def test_wrong_fields_are_refused(self) -> None:
        """Missing, unknown, and of the wrong type."""
        wrong: dict[str, tuple[object, ...]] = {
            "id": (0, -1, True, 1.0, "1", None, 1 << 53),
            "parent": (-1, False, None, 1.5),
            "prefix": (None, "a", [1], ["a"] * 1025),
            "code": (None, 1, ["x"]),
            "keep": (0, 1, None, "true"),
            "op": ("fly", None, 1),
        }
        for name, values in wrong.items():
            for value in values:
                with self.subTest(name=name, value=value), self.assertRaises(ProtocolError):
                    parse_request(json.dumps({**RUN, name: value}).encode())
            rest = {key: value for key, value in RUN.items() if key != name}
            with self.assertRaises(ProtocolError):
                parse_request(json.dumps(rest).encode())
        with self.assertRaises(ProtocolError):
            parse_request(json.dumps({**RUN, "extra": 1}).encode())

    def test_what_is_no_json_is_refused(self) -> None:
        """Bytes, deep nesting, scalars."""
        for body in (b"", b"\xff", b"[" * 100_000, b"1", b"null", b'"x"', b'{"op":"run"}'):
            with self.subTest(body=body[:10]), self.assertRaises(ProtocolError):
                parse_request(body)

    def test_limits_are_positive_whole_numbers(self) -> None:
        """Zero, a fraction, a boolean and a missing one are refused."""
        good = dict(vars(LIMITS))
        self.assertEqual(parse_limits(good), LIMITS)
        for value in (0, -1, 1.5, True, None, "5"):
            with self.subTest(value=value), self.assertRaises(ProtocolError):
                parse_limits({**good, "wall_ms": value})


class OutcomeTest(unittest.TestCase):
    """Messages of a step's process about itself."""

    def test_an_honest_message_is_taken(self) -> None:
        """Whole, and cut to the limits."""
        body = written(stdout="\u2211" * 20, value="v" * 99)
        data = bytearray(b"R" + struct.pack("!I", len(body)) + body)
        outcome = take_outcome(data, 0, LIMITS)
        assert outcome is not None
        self.assertEqual((outcome.stdout, outcome.value), ("\u2211" * 5, "v" * 16))
        self.assertEqual(data, b"")

    def test_an_unfinished_message_is_waited_for(self) -> None:
        """At every length."""
        body = written()
        whole = b"R" + struct.pack("!I", len(body)) + body
        for size in range(len(whole)):
            self.assertIsNone(take_outcome(bytearray(whole[:size]), 0, LIMITS))

    def test_what_is_more_or_other_than_a_message_is_refused(self) -> None:
        """A second message, another first byte, a length over the cap."""
        body = written()
        whole = b"R" + struct.pack("!I", len(body)) + body
        for data in (whole + b"R", b"H", b"P", b"R\xff\xff\xff\xff", b"\0"):
            with self.subTest(data=data[:8]), self.assertRaises(ValueError):
                take_outcome(bytearray(data), 0, LIMITS)

    def test_words_of_the_supervisor_are_refused(self) -> None:
        """A step may not say that it timed out, or speak of a path it does not have."""
        for changes in (
            {"status": "timeout"},
            {"status": "evicted"},
            {"status": "replay_failed"},
            {"status": "cancelled"},
            {"status": ["ok"]},
            {"status": "error", "at": 0},
            {"stdout": None},
            {"stdout": 1},
            {"line": 1.5},
            {"line": -1},
            {"line": True},
            {"line": float("nan")},
            {"line": 1 << 40},
            {"id": 3},
        ):
            with self.subTest(changes=changes), self.assertRaises(ValueError):
                read_outcome(written(**changes), 0, LIMITS)

    def test_a_failed_path_is_no_failed_step(self) -> None:
        """With ``at`` inside of the prefix."""
        body = written(status="error", type="E", message="m", line=2, at=1)
        self.assertEqual(read_outcome(body, 2, LIMITS).status, "replay_failed")

    def test_text_is_cut_between_characters_and_valid(self) -> None:
        """Property: valid UTF-8 of at most the limit, and a beginning of the text."""
        rng = random.Random(2)
        letters = "a\0\u00e9\u2211\U0001d54f\ud800"
        for _ in range(500):
            text = "".join(rng.choice(letters) for _ in range(rng.randrange(30)))
            limit = rng.randrange(40)
            found = cut_text(text, limit)
            self.assertLessEqual(len(found.encode("utf-8")), limit)
            whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
            self.assertTrue(whole.startswith(found))


if __name__ == "__main__":
    unittest.main()
