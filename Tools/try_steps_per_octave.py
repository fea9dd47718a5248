"""What a ladder of its own for each kind of site would save: m steps per octave here, fewer there.

Takes a network of few-step with m = 8 and gives groups of its sites coarser ladders from the same top: inputs of linear layers, and sites
whose spikes meet in products (q, k, v and the attention map). Prints energy, error of the outputs and agreement at t = 1.

    python3 Tools/try_steps_per_octave.py few-step.volley test --volley volley
"""

import argparse
import json
import struct
import subprocess
import tempfile


def changed(path, change):
    """The bytes of a .volley file whose neurons were changed: a safetensors file with JSON in its metadata."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    layers = json.loads(header["__metadata__"]["volley.neurons"])
    for name, layer in layers.items():
        change(name, layer["ladder"])
    header["__metadata__"]["volley.neurons"] = json.dumps(layers)
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + data[8 + length :]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("data")
    parser.add_argument("--volley", default="volley")
    parser.add_argument("--limit", default="1000")
    options = parser.parse_args()

    def is_product(name):
        return name.endswith((".q", ".k", ".v", ".softmax", ".attn"))

    print("m of layers' inputs  m in products  energy   error  agreement")
    for layers, products in [(8, 8), (8, 4), (8, 2), (8, 1), (4, 8), (4, 4), (2, 8), (1, 8)]:
        def change(name, ladder):
            steps = products if is_product(name) else layers
            ladder["levels"] = ladder["levels"] * steps // ladder["stepsPerOctave"]
            ladder["stepsPerOctave"] = steps

        with tempfile.TemporaryDirectory() as folder:
            network, results = folder + "/net.volley", folder + "/results.json"
            open(network, "wb").write(changed(options.network, change))
            command = [options.volley, "evaluate", network, options.data, "--steps", "1", "--task", "agreement", "--limit", options.limit, "--json", results]
            subprocess.run(command, check=True, capture_output=True)
            step = json.load(open(results))["steps"][0]
        print(f"{layers:19d} {products:14d} {step['energy']['exact']:7.3f} {step['relativeError']:7.4f} {step['agreement']:10.4f}", flush=True)


if __name__ == "__main__":
    main()
