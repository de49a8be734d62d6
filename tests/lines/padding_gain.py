"""How much faster does a pattern of sharing run when it is padded, here and now?"""
import json
import statistics
import subprocess

SECONDS = "0.4"


def burst(program, pattern, *options):
    done = subprocess.run(["timeout", "5", "chrt", "-f", "20", program, pattern, "--busy", *options, SECONDS],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])["ns_per_iteration"]


def burst_times(program, pattern, rounds):
    """Per thread: nanoseconds of original and twin, medians of `rounds` alternating bursts."""
    pairs = [(burst(program, pattern), burst(program, pattern, "--padded")) for _ in range(rounds)]
    return {thread: tuple(statistics.median(pair[i][thread] for pair in pairs) for i in (0, 1))
            for thread in pairs[0][0]}


def gain_of_padding(program, pattern, rounds=3):
    """Of the thread that gains most: 1.0 means nothing."""
    return max(tight / padded for tight, padded in burst_times(program, pattern, rounds).values())
