"""What `birnn doctor` says of made-up machines."""

import re
from importlib.metadata import metadata

import pytest

from spacy_birnn.cli.doctor import describe, doctor_cli
from spacy_birnn.machine.advice import advise
from spacy_birnn.machine.facts import EXTRAS, PACKAGE, Facts, _find_missing, find_facts

EPYC = {"avx2": True, "avx512": True, "avx512_bf16": True, "amx": False}
XEON = {**EPYC, "amx": True}
OLD = {"avx2": True, "avx512": False, "avx512_bf16": False, "amx": False}
GPU = {"gpus": ("H200",), "nvidia_driver": True, "gpu_build": "CUDA 12.8"}

# A machine, and whether something has to be fixed, and what is said.
MACHINES = {
    "epyc": (EPYC, True, r"bfloat16 instructions \(AVX-512 without AMX\).*about 1\.6 times"),
    "amx": (XEON, True, r"bfloat16 instructions \(AMX\): prediction uses them"),
    "no bfloat16": (OLD, True, "no bfloat16 instructions.*prediction is in float32"),
    "avx512": ({**OLD, "avx512": True}, True, r"no bfloat16 instructions \(AVX-512 without"),
    "torch 2.4": ({}, False, "does not tell.*install a newer torch"),
    "arm": ({"architecture": "arm64"}, True, r"\(arm64\) is in float32"),
    "no avx2": ({**OLD, "avx2": False}, False, "no AVX2.*slow"),
    "limit": ({"settings": {"ATEN_CPU_CAPABILITY": "avx2"}}, False, "=avx2 may keep.*unset it"),
    "no onednn": ({"onednn": False}, False, "no oneDNN.*install"),
    "idle": ({"cores": 16}, False, "1 thread on 16 cores: .*idle.*set the .*OMP_NUM_THREADS"),
    "told to idle": (
        {"cores": 16, "settings": {"OMP_NUM_THREADS": "1"}},
        False,
        "1 thread on 16 cores, because OMP_NUM_THREADS is 1: .*unset OMP_NUM_THREADS",
    ),
    "hyperthreads": ({"cores": 16, "threads": 8}, True, "8 threads on 16 cores: right"),
    "all cores": ({"cores": 2, "threads": 2}, True, "2 threads on 2 cores: none is idle"),
    "too many": ({"cores": 2, "threads": 8}, False, "8 threads on 2 cores: .*at most 2"),
    "one core": ({"cores": 1}, True, "1 thread on 1 core:"),
    "gpu": ({**GPU, "cupy": True, "cupy_gpu": True}, True, r"find a GPU \(H200\): `--gpu-id 0`"),
    "no cupy": (
        GPU,
        False,
        r'needs CuPy .* not installed: python -m pip install "spacy-birnn\[cuda12x\]"$',
    ),
    "cupy too new": ({**GPU, "cupy": True}, False, "but CuPy does not"),
    "no cupy for cuda 13": (
        {**GPU, "gpu_build": "CUDA 13.0"},
        False,
        "needs CuPy .* not installed: install the one for CUDA 13.0",
    ),
    "cupy alone": (
        {"cupy": True, "cupy_gpu": True},
        False,
        r"CuPy finds a GPU, but this build of torch is for CPUs: install .* \(https\S+\)$",
    ),
    "other gpu": (
        {**GPU, "gpus": (), "visible_gpus": "7"},
        False,
        r"new enough for CUDA 12\.8, whether CUDA_VISIBLE_DEVICES \('7'\) names a GPU",
    ),
    "torch for cpus": ({"nvidia_driver": True}, False, "build of torch is for CPUs: install"),
    "hidden gpu": (
        {**GPU, "gpus": (), "visible_gpus": ""},
        False,
        "because CUDA_VISIBLE_DEVICES is '': unset it",
    ),
    "old driver": ({**GPU, "gpus": ()}, False, r"whether the driver is new enough for CUDA 12\.8"),
    "no gpu": ({}, True, "torch finds no GPU: train and predict on the CPU"),
    "no report": (
        {"missing": {"report": ["jinja2>=3.1"]}},
        True,
        r'`birnn report`.*\(jinja2>=3\.1\): python -m pip install "spacy-birnn\[report\]"$',
    ),
}


@pytest.mark.parametrize(("changes", "good", "said"), MACHINES.values(), ids=MACHINES)
def test_machines(changes, good, said):
    advice = advise(Facts(**changes))
    (found,) = [a for a in advice if re.search(said, a.text)]
    assert found.good == good
    assert len({a.text for a in advice}) == len(advice)


def test_what_is_missing_gets_no_tick(monkeypatch):
    missing = {extra: [f"{extra}-package"] for extra in EXTRAS}
    facts = Facts(**OLD, cores=2, threads=2, missing=missing)
    ticked = []
    monkeypatch.setattr("spacy_birnn.cli.doctor.find_facts", lambda: facts)
    monkeypatch.setattr("spacy_birnn.cli.doctor.msg.good", ticked.append)
    doctor_cli(gpu_id=-1)
    assert ticked == ["2 threads on 2 cores: none is idle, and none has to wait."]


def test_gpu_must_be_one_of_torch_as_well(monkeypatch, capsys):
    facts = Facts(**OLD, cupy=True, cupy_gpu=True)
    monkeypatch.setattr("spacy_birnn.cli.doctor.find_facts", lambda: facts)
    monkeypatch.setattr("spacy_birnn.cli.doctor.require_gpu", lambda gpu_id: True)
    with pytest.raises(SystemExit):
        doctor_cli(gpu_id=0)
    output = " ".join(capsys.readouterr().out.split())
    assert "GPU 0 cannot be used (torch finds 0 GPUs): use --gpu-id -1" in output


def test_a_good_machine_needs_no_advice():
    facts = Facts(**EPYC, cores=2, threads=2)
    assert [a.text for a in advise(facts) if not a.good] == []


def test_unknown_facts_are_left_out():
    unknown = Facts(architecture="arm64")
    rows = describe(unknown)
    assert {"CPU instructions", "not among them", "CPU cores", "memory"}.isdisjoint(rows)
    assert "None" not in " ".join([*rows.values(), *(a.text for a in advise(unknown))])
    assert not any("thread" in a.text for a in advise(unknown))
    rows = describe(Facts(**EPYC, memory=2**31))
    assert rows["CPU instructions"] == "AVX2, AVX-512, AVX512-BF16"
    assert (rows["not among them"], rows["memory"]) == ("AMX", "2.0 GiB")


def test_this_machine():
    facts = find_facts()
    assert facts.threads > 0 and (facts.cores is None or facts.cores > 0)
    assert describe(facts) and advise(facts)


def test_every_extra_has_a_purpose():
    # Those that are left out are for the development of this package.
    extras = metadata(PACKAGE).get_all("Provides-Extra")
    assert set(extras) - set(EXTRAS) == {"test", "docs", "benchmarks", "stanza"}


def test_missing_packages(monkeypatch):
    versions = {"jinja2": "2.0", "matplotlib": "3.9"}
    monkeypatch.setattr("spacy_birnn.machine.facts.get_package_version", versions.get)
    missing = _find_missing()
    assert missing["report"] == ["jinja2>=3.1"]
    assert "snownlp==0.12.3" in missing["project"]
    assert list(missing) == list(EXTRAS)


def test_an_extra_needs_what_the_extras_in_it_need(monkeypatch):
    monkeypatch.setattr("spacy_birnn.machine.facts.get_package_version", {"ray": "2.50"}.get)
    missing = _find_missing()
    assert missing["ray"] == missing["parquet"] == ["pyarrow>=17"]
    assert {*missing["report"]} < {*missing["project"]}
