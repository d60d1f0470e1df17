"""Turn the packaged 8-bit SFace into the 32-bit graph that deepface can run, the same bytes every time."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Arrays = dict[str, NDArray[np.generic]]


def to_fp32(packaged: bytes) -> bytes:
    """Multiply the stored codes out and drop the 29 stale inputs.

    As shipped, onnxruntime wants weights as inputs; with only the inputs dropped it runs, but in
    42 ms a face instead of 25, since it does not fold these chains itself. Only multiplications and
    subtractions of single floats are done here, so the result is the same on every machine.
    """
    model = onnx.load_model_from_string(packaged)
    arrays: Arrays = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    nodes = [node for node in model.graph.node if not _folded(node, arrays)]
    graph = onnx.helper.make_graph(
        nodes,
        "sface_2021dec",
        [one for one in model.graph.input if one.name == "data"],
        list(model.graph.output),
        [_initializer(name, arrays) for name in _used(nodes, arrays)],
    )
    clean = onnx.helper.make_model(
        graph, ir_version=model.ir_version, opset_imports=model.opset_import
    )
    onnx.checker.check_model(clean)
    return bytes(clean.SerializeToString(deterministic=True))


def _folded(node: onnx.NodeProto, arrays: Arrays) -> bool:
    """Work out a node that depends on constants alone; say whether it did."""
    if node.op_type not in ("DequantizeLinear", "Reshape"):
        return False
    if any(name not in arrays for name in node.input):
        return False
    given = [arrays[name] for name in node.input]
    if node.op_type == "Reshape":
        arrays[node.output[0]] = given[0].reshape(given[1].astype(int).tolist())
    else:
        options = {one.name: one.i for one in node.attribute}
        arrays[node.output[0]] = _dequantized(
            *given, axis=options["axis"], block=options["block_size"]
        )
    return True


def _dequantized(
    codes: NDArray[np.generic],
    scales: NDArray[np.generic],
    zeros: NDArray[np.generic],
    *,
    axis: int,
    block: int,
) -> NDArray[np.float32]:
    def spread(values: NDArray[np.generic]) -> NDArray[np.float32]:
        whole = np.repeat(values.astype(np.float32), block, axis=axis)
        return whole.take(range(codes.shape[axis]), axis=axis)

    return (codes.astype(np.float32) - spread(zeros)) * spread(scales)


def _used(nodes: list[onnx.NodeProto], arrays: Arrays) -> list[str]:
    names = (name for node in nodes for name in node.input)
    return [name for name in dict.fromkeys(names) if name in arrays]


def _initializer(name: str, arrays: Arrays) -> onnx.TensorProto:
    return numpy_helper.from_array(np.ascontiguousarray(arrays[name]), name)
