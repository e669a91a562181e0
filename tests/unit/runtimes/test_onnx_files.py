"""External data of ONNX models: only plain files beside the model, wherever the name hides."""

import os
import random
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from studio.errors import WeightsError
from studio.runtimes.onnx_files import check_external_data

FLOAT = TensorProto.FLOAT
WHERE = helper.make_tensor_value_info("y", FLOAT, [4])


def external(location: str, key: str = "location", name: str = "w") -> TensorProto:
    tensor = TensorProto(name=name, data_type=FLOAT, dims=[4])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key=key, value=location)
    return tensor


def constant(tensor: TensorProto, output: str = "y"):
    return helper.make_node("Constant", [], [output], value=tensor)


def graph(nodes=(), **more):
    return helper.make_graph(list(nodes), "g", [], [WHERE], **more)


def model(g, **more):
    return helper.make_model(g, opset_imports=[helper.make_opsetid("", 17)], **more)


def in_initializer(tensor):
    nodes = [helper.make_node("Identity", ["w"], ["y"])]
    return model(graph(nodes, initializer=[tensor]))


def in_node(tensor):
    return model(graph([constant(tensor)]))


def in_list_of_tensors(tensor):
    node = helper.make_node("Odd", [], ["y"])
    node.attribute.add(name="all", type=onnx.AttributeProto.TENSORS).tensors.append(tensor)
    return model(graph([node]))


def in_branch(tensor):
    yes = helper.make_tensor("yes", TensorProto.BOOL, [], [True])
    branch = graph([constant(tensor)])
    node = helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
    return model(graph([constant(yes, "yes"), node]))


def in_list_of_graphs(tensor):
    node = helper.make_node("Odd", [], ["y"])
    inner = graph([], initializer=[tensor])
    node.attribute.add(name="all", type=onnx.AttributeProto.GRAPHS).graphs.append(inner)
    return model(graph([node]))


def in_function(tensor):
    function = helper.make_function(
        "own", "f", [], ["y"], [constant(tensor)], [helper.make_opsetid("", 17)]
    )
    return model(graph([helper.make_node("f", [], ["y"], domain="own")]), functions=[function])


def in_functions_default(tensor):
    made = in_function(numpy_helper.from_array(np.zeros(4, "float32")))
    attribute = made.functions[0].attribute_proto.add(name="a", type=onnx.AttributeProto.TENSOR)
    attribute.t.CopyFrom(tensor)
    return made


def in_training(tensor):
    made = in_node(numpy_helper.from_array(np.zeros(4, "float32")))
    made.training_info.add().algorithm.initializer.append(tensor)
    return made


def in_sparse(tensor):
    sparse = onnx.SparseTensorProto(dims=[9])
    sparse.values.CopyFrom(tensor)
    sparse.indices.CopyFrom(numpy_helper.from_array(np.arange(4), "i"))
    made = model(graph([helper.make_node("Identity", ["w"], ["y"])]))
    made.graph.sparse_initializer.append(sparse)
    return made


def in_sparse_attribute(tensor):
    made = in_sparse(tensor)
    node = made.graph.node.add(op_type="Odd")
    attribute = node.attribute.add(name="s", type=onnx.AttributeProto.SPARSE_TENSOR)
    attribute.sparse_tensor.CopyFrom(made.graph.sparse_initializer[0])
    del made.graph.sparse_initializer[:]
    return made


PLACES = {name[3:]: make for name, make in list(globals().items()) if name.startswith("in_")}


def write(folder: Path, made) -> Path:
    file = folder / "model.onnx"
    file.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return file


def refused(file: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        check_external_data(file)
    assert caught.value.culprit == str(file)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A model's folder, with a plain file in it and a file outside that is nobody's business."""
    (tmp_path / "outside.bin").write_bytes(bytes(16))
    inside = tmp_path / "model"
    inside.mkdir()
    (inside / "w.bin").write_bytes(bytes(16))
    return inside


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_plain_file_beside_the_model_is_accepted(folder, place):
    check_external_data(write(folder, place(external("w.bin"))))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_file_elsewhere_is_refused_wherever_its_name_hides(folder, place):
    said = refused(write(folder, place(external("../outside.bin"))))
    assert said == (
        "model.onnx takes weights from '../outside.bin', expected a plain file beside it"
    )


@pytest.mark.parametrize(
    "location",
    [
        "",
        ".",
        "..",
        "./w.bin",
        "sub/../w.bin",
        "w.bin/",
        "/etc/hostname",
        "not-there.bin",
        "sub",
        "w.bin\0",
        "*/_ORT_MEM_ADDR_/*",
        "file:w.bin",
        "n" * 5000,
    ],
)
def test_whatever_is_no_plain_name_is_refused(folder, location):
    (folder / "sub").mkdir()
    said = refused(write(folder, in_initializer(external(location))))
    assert said.endswith("expected a plain file beside it")
    assert len(said) < 150


def test_an_absolute_path_to_the_very_file_is_refused(folder):
    refused(write(folder, in_initializer(external(str(folder / "w.bin")))))


def test_links_of_either_sort_are_refused(folder):
    try:
        (folder / "symbolic.bin").symlink_to(folder.parent / "outside.bin")
        os.link(folder.parent / "outside.bin", folder / "hard.bin")
    except OSError:
        pytest.skip("links cannot be made here")
    for name in ("symbolic.bin", "hard.bin"):
        assert name in refused(write(folder, in_initializer(external(name))))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(folder):
    os.mkfifo(folder / "pipe")
    assert "'pipe'" in refused(write(folder, in_initializer(external("pipe"))))
    os.mkfifo(folder / "pipe.onnx")
    assert "missing or empty" in refused(folder / "pipe.onnx")


def test_the_last_of_two_names_counts_as_it_does_for_protobuf(folder):
    tensor = external("w.bin")
    tensor.external_data.add(key="location", value="../outside.bin")
    assert "outside" in refused(write(folder, in_initializer(tensor)))
    doubled = external("w.bin")
    entry = onnx.StringStringEntryProto(key="offset", value="0").SerializeToString()
    entry += onnx.StringStringEntryProto(key="location", value="../outside.bin").SerializeToString()
    doubled.external_data[0].MergeFromString(entry)
    assert doubled.external_data[0].value == "../outside.bin"
    assert "outside" in refused(write(folder, in_initializer(doubled)))


def test_offsets_and_lengths_are_no_names(folder):
    tensor = external("w.bin")
    tensor.external_data.add(key="offset", value="../outside.bin")
    check_external_data(write(folder, in_initializer(tensor)))


def varint(value: int) -> bytes:
    groups = []
    while True:
        groups.append(value & 0x7F)
        value >>= 7
        if not value:
            return bytes([*(g | 0x80 for g in groups[:-1]), groups[-1]])


def field(number: int, held: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(held)) + held


def test_a_tag_whose_upper_bits_readers_drop_hides_nothing(folder):
    """Readers of protocol buffers keep 32 bits of a tag, so that this one is the graph's again."""
    made = in_initializer(external("../outside.bin"))
    inner = made.graph.SerializeToString()
    made.ClearField("graph")
    tag = 7 << 3 | 2
    hidden = made.SerializeToString() + varint(tag | 1 << 32) + varint(len(inner)) + inner
    assert refused(write(folder, hidden)) == "model.onnx is no ONNX model, or a damaged one"
    overlong = made.SerializeToString() + bytes([tag | 0x80, 0x80, 0]) + varint(len(inner)) + inner
    assert "outside" in refused(write(folder, overlong))


def test_two_graphs_are_both_looked_at(folder):
    """Readers of protocol buffers merge a field that comes twice."""
    good, bad = in_initializer(external("w.bin")), in_initializer(external("../outside.bin"))
    twice = good.SerializeToString() + bad.SerializeToString()
    assert "outside" in refused(write(folder, twice))


def test_graphs_nested_without_end_are_refused(folder):
    def nested(times: int) -> bytes:
        inner = graph([constant(external("w.bin"))]).SerializeToString()
        for _ in range(times):
            for number in (6, 5, 1):  # a graph in an attribute in a node in a graph
                inner = field(number, inner)
        return model(graph()).SerializeToString() + field(7, inner)

    check_external_data(write(folder, nested(19)))
    for times in (40, 5000):
        file = write(folder, nested(times))
        assert refused(file) == "model.onnx is no ONNX model, or a damaged one"


def test_what_is_not_there_or_cannot_be_read_is_named(folder, tmp_path):
    assert refused(folder / "none.onnx").endswith("is missing or empty, expected an ONNX model")
    assert refused(folder).endswith("is missing or empty, expected an ONNX model")
    assert "missing or empty" in refused(write(folder, b""))
    said = refused(folder / f"{'n' * 5000}.onnx")  # not every Python calls this an error
    assert re.search("cannot be read: |is missing or empty", said)


def test_a_model_cut_short_is_refused_or_whole_so_far(folder):
    whole = in_branch(external("w.bin")).SerializeToString()
    check_external_data(write(folder, whole))
    damaged = 0
    for size in range(1, len(whole), 3):
        file = write(folder, whole[:size])
        try:
            check_external_data(file)
        except WeightsError as error:
            damaged += str(error) == "model.onnx is no ONNX model, or a damaged one"
    assert damaged > len(whole) * 0.3


def test_whatever_a_file_holds_only_one_sort_of_error_comes_of_it(folder):
    rng = random.Random(7)
    whole = in_branch(external("w.bin")).SerializeToString()
    refusals = 0
    for turn in range(300):
        data = bytearray(rng.randbytes(rng.randrange(1, 200)) if turn % 5 == 0 else whole)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            check_external_data(write(folder, bytes(data)))
        except WeightsError:
            refusals += 1
    assert 60 < refusals < 300


def test_a_refused_file_is_not_held_open(folder):
    file = write(folder, b"\xff" * 100)
    refused(file)
    file.unlink()  # which Windows would not do
    assert not file.exists()
