"""The planner: which tier works here, and the command line of a worker."""

import json
import os
import sys
from typing import Any

from supervisor.bubblewrap import ENVIRONMENT
from supervisor.faults import Unavailable
from supervisor.interpreter import examine_interpreter
from supervisor.settings import TIERS, PlanRequest, parse_plan_request
from supervisor.tiers import TierReport, try_tier
from supervisor.wire import PROTOCOL


def main() -> None:
    """Read a request from standard input and print the plan."""
    request = parse_plan_request(json.loads(sys.stdin.read()))
    print(json.dumps(make_plan(request)))


def make_plan(request: PlanRequest) -> dict[str, Any]:
    """Give the document of PROTOCOL.md, section 1."""
    if not sys.platform.startswith("linux"):
        fault = Unavailable("not-linux", f"Cannot confine steps on {sys.platform}")
        return {"protocol": PROTOCOL, "error": fault.as_json()}
    try:
        interpreter = examine_interpreter(step_profile=request.preload is None)
    except Unavailable as fault:
        return {"protocol": PROTOCOL, "error": fault.as_json()}
    reports: list[TierReport] = []
    for tier in TIERS if request.tier is None else (request.tier,):
        reports.append(try_tier(tier, request, interpreter))
        if reports[-1].fault is None and not request.probe_all:
            break
    system = os.uname()
    return {
        "protocol": PROTOCOL,
        "python": {
            "version": ".".join(map(str, sys.version_info[:3])),
            "executable": interpreter.executable,
            "machine": system.machine,
            "kernel": system.release,
        },
        "packages": interpreter.packages,
        "chosen": next((report.tier for report in reports if report.fault is None), None),
        "environment": ENVIRONMENT,
        "tiers": [report.as_json() for report in reports],
    }
