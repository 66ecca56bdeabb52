"""Prometheus text: counters and histogram quantiles, as far as this suite needs them."""
import re

SAMPLE = re.compile(r"^(\w+)\{(.*)\} (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

HOOK_DURATION = "apiserver_admission_webhook_admission_duration_seconds"


def samples(text, metric):
    """(labels, value) of each sample of that metric."""
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if match and match.group(1) == metric:
            yield dict(LABEL.findall(match.group(2))), float(match.group(3))


def total(text, metric, **wanted):
    """The sum over all samples that have these labels."""
    return sum(value for labels, value in samples(text, metric) if wanted.items() <= labels.items())


def quantile(buckets, share):
    """From cumulative buckets {upper bound: count}, interpolated within a bucket as Prometheus does."""
    bounds = sorted(buckets)
    rank = share * buckets[bounds[-1]]
    lower, below = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= rank:
            if bound == float("inf"):
                return lower
            return lower + (bound - lower) * (rank - below) / max(buckets[bound] - below, 1)
        lower, below = bound, buckets[bound]
    return lower


def hook_latency(text):
    """Webhook name: (calls, p50, p99) in seconds, as the API server has measured them."""
    by_hook = {}
    for labels, value in samples(text, HOOK_DURATION + "_bucket"):
        buckets = by_hook.setdefault(labels["name"], {})
        bound = float(labels["le"])
        buckets[bound] = buckets.get(bound, 0) + value
    return {
        name: (int(max(buckets.values())), quantile(buckets, 0.5), quantile(buckets, 0.99))
        for name, buckets in sorted(by_hook.items())
    }
