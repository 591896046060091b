"""The same sweep in sweep and in the Python tools that users come from.

The work: the logistic map at TRIALS values of r, 1000 iterations a trial; the
last x is kept, with r, in a Parquet file. Each tool is started, runs all trials
on all cores and writes the file; what counts is the elapsed time divided by the
number of trials, start-up of the pool left out. The Python tools run the same
loop in Python; so that the tools and not the languages are compared, each also
runs a trial that does nothing.

Usage: peers.py SWEEP-BINARY. Prints a table and the ratios to sweep.
"""

import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time

import pandas

# Trials by tool: the slow ones would take an hour with as many as sweep needs to
# be measured at all.
TRIALS = {"sweep": 1_000_000, "joblib": 100_000, "ray": 20_000, "dask": 20_000, "optuna": 200}
CORES = os.cpu_count()
BINARY = os.path.abspath(sys.argv[1])


def nothing(r):
    return r


def logistic(r):
    x = 0.4
    for _ in range(1000):
        x = r * x * (1 - x)
    return x


def grid(count):
    return [2.5 + 1.5 * i / (count - 1) for i in range(count)]


def write(rs, xs):
    with tempfile.TemporaryDirectory() as folder:
        pandas.DataFrame({"r": rs, "x": xs}).to_parquet(folder + "/trials.parquet")


def with_sweep(work, count):
    model, params = {
        nothing: ("probe", f"x: {{linspace: [2.5, 4, {count}]}}"),
        logistic: ("logistic", f"r: {{linspace: [2.5, 4, {count}]}}\n  transient: 1000\nmeasure: {{orbit: {{keep: 1}}}}"),
    }[work]
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/peers.yaml", "w") as spec:
            spec.write(f"about: How long does it take?\nmodel: {model}\nparams:\n  {params}\n")
        out = subprocess.run([BINARY, "run", "peers.yaml", "--json"], cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(out.stdout)["run"]["seconds"]


def with_joblib(work, count):
    import joblib

    rs = grid(count)
    with joblib.Parallel(n_jobs=CORES) as pool:
        pool(joblib.delayed(work)(r) for r in rs[:100])
        start = time.perf_counter()
        write(rs, pool(joblib.delayed(work)(r) for r in rs))
        return time.perf_counter() - start


def with_ray(work, count):
    import ray

    ray.init(num_cpus=CORES, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    try:
        task = ray.remote(work)
        rs = grid(count)
        ray.get([task.remote(r) for r in rs[:100]])
        start = time.perf_counter()
        write(rs, ray.get([task.remote(r) for r in rs]))
        return time.perf_counter() - start
    finally:
        ray.shutdown()


def with_dask(work, count):
    from dask.distributed import Client, LocalCluster

    with LocalCluster(n_workers=CORES, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        rs = grid(count)
        client.gather(client.map(work, rs[:100]))
        start = time.perf_counter()
        write(rs, client.gather(client.map(work, rs)))
        return time.perf_counter() - start


def with_optuna(work, count):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rs = grid(count)
    study = optuna.create_study(sampler=optuna.samplers.GridSampler({"r": rs}))
    start = time.perf_counter()
    study.optimize(lambda trial: work(trial.suggest_float("r", 2.5, 4)), n_trials=count, n_jobs=CORES)
    write([t.params["r"] for t in study.trials], [t.value for t in study.trials])
    return time.perf_counter() - start


def main():
    print(f"{CORES} cores; microseconds of elapsed time per trial, and how many times sweep's")
    print(f"{'tool':24}{'trials':>10}{'nothing':>12}{'':>8}{'logistic':>12}")
    base = {}
    for name, run in {"sweep": with_sweep, "joblib": with_joblib, "ray": with_ray, "dask": with_dask, "optuna": with_optuna}.items():
        if name != "sweep":
            try:
                label = f"{name} {importlib.metadata.version(name)}"
            except importlib.metadata.PackageNotFoundError:
                print(f"{name:24}is not installed")
                continue
        else:
            label = name
        line = f"{label:24}{TRIALS[name]:>10}"
        for work in (nothing, logistic):
            cost = 1e6 * run(work, TRIALS[name]) / TRIALS[name]
            base.setdefault(work, cost)
            line += f"{cost:>12.2f}{cost / base[work]:>7.0f}x"
        print(line, flush=True)


if __name__ == "__main__":
    main()
