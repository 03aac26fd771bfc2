"""The sandbox's streams: pointers to records that are there, one to some that are gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from dlqctl.sandbox.shipments import ShipmentRelease, Shipments, parcel_name
from tests.sandbox.conftest import Seeded

LIVING = (*range(10), 12, 20, 21, 22)


def fetch(seeded: Seeded, home: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "dlqctl", "fetch-stream-records", "stream-failures", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(home), **seeded.sandbox.variables()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_every_living_record_comes_back_once_and_the_trimmed_range_is_named(
    seeded: Seeded, tmp_path: Path
) -> None:
    code, out, said = fetch(seeded, tmp_path, "-o", "json")
    assert code == 3
    document = json.loads(out)
    parcels = [one["data"]["parcel"] for one in document["records"] if "data" in one]
    assert parcels == list(map(parcel_name, LIVING))
    skus = [one["keys"]["sku"] for one in document["records"] if "keys" in one]
    assert skus == ["TEA-01", "TEA-02", "TEA-03"]
    [trimmed] = document["trimmed"]
    assert trimmed["reason"] == "expired"
    assert trimmed["start"] in said
    assert [one["topic"] for one in document["kafka"]] == ["shop-clicks"]


def test_the_repaired_function_processes_them(seeded: Seeded, tmp_path: Path) -> None:
    shipments = Shipments(seeded.shop.clients)
    replay = ("--source", "track-shipments", "--replay", "invoke", "--yes", "--rate", "max")
    code, _, said = fetch(seeded, tmp_path, *replay)
    assert code == 3
    assert "'weight_kg'" in said
    assert "trimmed: shipments" in said
    assert shipments.times_tracked() == {}
    shipments.deploy(ShipmentRelease.FIXED)
    code, _, said = fetch(seeded, tmp_path, *replay)
    assert code == 3, "one range is trimmed"
    assert "14 records accepted by the function" in said
    assert shipments.times_tracked() == dict.fromkeys(map(parcel_name, LIVING), 1)
