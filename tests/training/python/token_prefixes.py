"""Counts texts that a server is asked with whose tokens are no prefix of what was shown or trained.

Input: JSON `{"bootstrap": [{"whole", "prefixes"}], "traces": [{"prompt", "response", "asked"}]}`.
Output: JSON, for each tokenizer how many there are and how many differ.
"""

import json
import sys
from typing import Any

from foreign import RULES, foreign_tokenizer
from test_encoding import FORMAT, is_asked
from tiny import STARTER
from trainer.encoding import encode_trace
from trainer.rows import Part, Trace
from trainer.tokenizer import add_special_tokens, load_tokenizer


def _bootstrap(case: dict[str, Any], tokenizer: Any) -> list[bool]:
    whole = tokenizer(case["whole"])["input_ids"]
    found = [tokenizer(prefix)["input_ids"] for prefix in case["prefixes"]]
    return [whole[: len(ids)] == ids for ids in found]


def _trace(case: dict[str, Any], tokenizer: Any) -> list[bool]:
    trace = Trace("p", case["prompt"], [Part(**part) for part in case["response"]])
    rows = encode_trace(trace, tokenizer)
    return [is_asked(rows, tokenizer(text)["input_ids"]) for text in case["asked"]]


def _main() -> None:
    cases = json.load(sys.stdin)
    corpus = [case["whole"] for case in cases["bootstrap"]]
    plain = {name: foreign_tokenizer(name, corpus) for name in RULES}
    plain["starter"] = load_tokenizer(STARTER)
    results = {}
    for name, tokenizer in plain.items():
        shown = [ok for case in cases["bootstrap"] for ok in _bootstrap(case, tokenizer)]
        add_special_tokens(tokenizer, FORMAT)
        learnt = [ok for case in cases["traces"] for ok in _trace(case, tokenizer)]
        results[name] = {
            "shown": [len(shown), shown.count(False)],
            "learnt": [len(learnt), learnt.count(False)],
        }
    json.dump(results, sys.stdout)


_main()
