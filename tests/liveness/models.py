"""Real model files, as small as they can be: a picture laid out flat, times weights, plus a bias.

What such a model must say is one line of numpy. The TFLite file is made with the schema that the interpreter brings;
the ONNX file is put together by hand from the fields of onnx.proto, so that nothing but the runtime is needed.
"""

from __future__ import annotations

import struct

import numpy as np

FLOAT32, INT32, FLOAT64 = "float32", "int32", "float64"


def model_of(suffix, shape, weights, bias, **more):
    """The bytes of a model with input `shape` (1, ., ., .), weights (n, size) and bias (n,)."""
    make = {".tflite": tflite, ".onnx": onnx}[suffix]
    return make(tuple(shape), np.asarray(weights, np.float32), np.asarray(bias, np.float32), **more)


def tflite(shape, weights, bias, *, kind=FLOAT32, inputs=1):
    """One FULLY_CONNECTED, which flattens what it is given; for another kind of numbers one ABS. With two inputs the
    second is of no use.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as s

    def tensor(name, shape, buffer, kind=FLOAT32):
        made = s.TensorT()
        made.name, made.shape, made.buffer = name, list(shape), buffer
        made.type = {FLOAT32: s.TensorType.FLOAT32, INT32: s.TensorType.INT32}[kind]
        return made

    def operator(inputs, outputs):
        made = s.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = 0, inputs, outputs
        return made

    def buffer(data=b""):
        made = s.BufferT()
        made.data = list(data) or None
        return made

    graph, code, model = s.SubGraphT(), s.OperatorCodeT(), s.ModelT()
    model.buffers = [buffer()]
    if kind == FLOAT32:
        graph.tensors = [
            tensor("picture", shape, 0),
            tensor("weights", weights.shape, 1),
            tensor("bias", bias.shape, 2),
            tensor("scores", (1, len(bias)), 0),
        ]
        model.buffers += [buffer(weights.tobytes()), buffer(bias.tobytes())]
        graph.operators = [operator([0, 1, 2], [3])]
        graph.operators[0].builtinOptionsType = s.BuiltinOptions.FullyConnectedOptions
        graph.operators[0].builtinOptions = s.FullyConnectedOptionsT()
        graph.outputs = [3]
        code.builtinCode = code.deprecatedBuiltinCode = s.BuiltinOperator.FULLY_CONNECTED
    else:
        graph.tensors = [tensor("picture", shape, 0, kind), tensor("same", shape, 0, kind)]
        graph.operators = [operator([0], [1])]
        graph.outputs = [1]
        code.builtinCode = code.deprecatedBuiltinCode = s.BuiltinOperator.ABS
    graph.inputs = [0]
    if inputs == 2:
        graph.inputs.append(len(graph.tensors))
        graph.tensors.append(tensor("more", (1, 2), 0))
    code.version = 1
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def onnx(shape, weights, bias, *, kind=FLOAT32, head="dense", inputs=1):
    """Flatten and Gemm; `head` "map" gives the picture itself as output. A side that is a word may have any length."""
    elements = {FLOAT32: 1, INT32: 6, FLOAT64: 11}[kind]
    if head == "map":
        nodes = [_node("Identity", ["picture"], ["scores"])]
        initial, told = [], shape
    else:
        nodes = [
            _node("Flatten", ["picture"], ["flat"], _attribute("axis", 1)),
            _node("Gemm", ["flat", "weights", "bias"], ["scores"], _attribute("transB", 1)),
        ]
        initial = [_tensor("weights", weights), _tensor("bias", bias)]
        told = (1, len(bias))
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"graph")
    graph += b"".join(_field(5, one) for one in initial)
    graph += _field(11, _value("picture", elements, shape)) + _field(12, _value("scores", elements, told))
    graph += _field(11, _value("more", elements, (1, 2))) if inputs == 2 else b""
    opset = _field(1, b"") + _field(2, 13)
    return _field(1, 8) + _field(7, graph) + _field(8, opset)  # ir_version, graph, opset_import


def _varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def _field(number, value):
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _node(kind, inputs, outputs, *attributes):
    made = b"".join(_field(1, name.encode()) for name in inputs)
    made += b"".join(_field(2, name.encode()) for name in outputs)
    return made + _field(4, kind.encode()) + b"".join(_field(5, one) for one in attributes)


def _attribute(name, whole):
    return _field(1, name.encode()) + _field(3, whole) + _field(20, 2)  # name, i, type INT


def _tensor(name, values):
    made = b"".join(_field(1, side) for side in values.shape) + _field(2, 1) + _field(8, name.encode())
    return made + _field(9, struct.pack(f"<{values.size}f", *values.ravel()))  # dims, FLOAT, name, raw_data


def _value(name, elements, shape):
    dims = b""
    for side in shape:
        dims += _field(1, _field(2, side.encode()) if isinstance(side, str) else _field(1, side))
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, elements) + _field(2, dims)))
