"""An audit that kills itself: ``python audit_to_kill.py AUDIT OUT SECONDS``.

The timer starts when everything is imported, so the kill may come at any moment: before the
lock is written, while the system is asked, while it is measured, or while the findings and
verdicts are written.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from facevalue import flow
from facevalue.audits import read_audit
from flow_support import NOW


def main(audit: Path, out: Path, seconds: float) -> None:
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True
    timer.start()
    folder = flow.run_systems(read_audit(audit), out, now=NOW)
    flow.judge_run(folder, findings=flow.measure_run(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
