#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One-thread CPU time of ResNet-34's convolutions and fully connected layer in PyTorch, as JSON on stdout.

Batch 1, 224x224, fp32, random data, no autograd. A pass runs every layer once, in network order; a pass's time is the
sum over its layers. Only the layers themselves are timed: no batch normalisation, activation, pooling or addition.
"""
import argparse
import json
import os
import statistics
import sys
import time

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"  # read when the libraries are loaded, so before the import
import torch  # noqa: E402
import torch.nn.functional as functional  # noqa: E402


def resnet34():
    """(name, channels, size, filters, kernel, stride, padding) of each convolution, in network order."""
    layers = [("conv1", 3, 224, 64, 7, 2, 3)]
    channels, size = 64, 56
    for stage, (filters, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), start=1):
        for block in range(blocks):
            stride = 2 if stage > 1 and block == 0 else 1
            name = f"layer{stage}.{block}"
            layers.append((f"{name}.conv1", channels, size, filters, 3, stride, 1))
            layers.append((f"{name}.conv2", filters, size // stride, filters, 3, 1, 1))
            if stride != 1:
                layers.append((f"{name}.downsample", channels, size, filters, 1, stride, 0))
            channels, size = filters, size // stride
    return layers


def make_layers():
    """(name, macs, function without arguments) of each layer."""
    calls = []
    for name, channels, size, filters, kernel, stride, padding in resnet34():
        features = torch.randn(1, channels, size, size)
        weights = torch.randn(filters, channels, kernel, kernel)

        def convolve(features=features, weights=weights, stride=stride, padding=padding):
            return functional.conv2d(features, weights, stride=stride, padding=padding)

        out = (size + 2 * padding - kernel) // stride + 1
        calls.append((name, filters * out * out * channels * kernel * kernel, convolve))
    features, weights = torch.randn(1, 512), torch.randn(1000, 512)
    calls.append(("fc", 512 * 1000, lambda: functional.linear(features, weights)))
    return calls


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passes", type=int, default=11, help="timed passes over the network (default 11)")
    parser.add_argument("--warm-up", type=int, default=3, help="passes before the timed ones (default 3)")
    arguments = parser.parse_args()
    if arguments.passes < 1 or arguments.warm_up < 0:
        parser.error("--passes: expected at least 1; --warm-up: expected at least 0")

    torch.manual_seed(1)
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    calls = make_layers()
    cpu = [[] for _ in calls]
    wall = []
    for index in range(arguments.warm_up + arguments.passes):
        pass_wall = 0.0
        for layer, (_, _, call) in enumerate(calls):
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            call()
            cpu_end, wall_end = time.process_time(), time.perf_counter()
            if index >= arguments.warm_up:
                cpu[layer].append(cpu_end - cpu_start)
                pass_wall += wall_end - wall_start
        if index >= arguments.warm_up:
            wall.append(pass_wall)

    totals = [sum(layer[index] for layer in cpu) for index in range(arguments.passes)]
    json.dump(
        {
            "network": "resnet34",
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "passes": arguments.passes,
            "macs": sum(macs for _, macs, _ in calls),
            "cpu_seconds": statistics.median(totals),
            "cpu_seconds_min": min(totals),
            "cpu_seconds_max": max(totals),
            "wall_seconds": statistics.median(wall),
            "layers": [
                {"name": name, "macs": macs, "cpu_seconds": statistics.median(times)}
                for (name, macs, _), times in zip(calls, cpu)
            ],
        },
        sys.stdout,
        indent=2,
    )
    print()


if __name__ == "__main__":
    main()
