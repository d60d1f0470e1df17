"""onnxruntime, as both nets are run in it."""

from pathlib import Path
from typing import Any


def session(graph: Path, threads: int) -> Any:
    """Load a graph for so many threads: the default pool spins and doubles the CPU time of a face."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(graph), options, providers=["CPUExecutionProvider"]
    )
