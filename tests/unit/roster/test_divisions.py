"""The state's divisions come in by level; the real file set is used where it is at hand."""

import datetime as dt
import gzip
import time

import pytest
from roster_sample import NOW

from hengjian.roster.errors import FileRefused
from hengjian.roster.models import Organisation
from hengjian.roster.operations import import_divisions

pytestmark = pytest.mark.django_db
SINCE = dt.date(1949, 10, 1)


def run(folder, under=(), **more):
    return import_divisions(folder, under=under, since=SINCE, by="office", now=NOW, **more)


def fictional(folder, **changed):
    """合成数据 synthetic: a province, two cities (one a bracket, one without counties)."""
    files = {
        "provinces": "code,name\n99,云省\n",
        "cities": "code,name,provinceCode\n9901,市辖区,99\n9902,东莱市,99\n",
        "areas": "code,name,cityCode,provinceCode\n990101,青禾区,9901,99\n990200,东莱市,9902,99\n",
        "streets": "code,name,areaCode\n990101001,东岭镇,990101\n990200001,西坪镇,990200\n",
    }
    for name, text in (files | changed).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_brackets_are_left_out_of_full_names(tmp_path):
    assert run(fictional(tmp_path)).counts["organisation"]["new"] == 6
    names = dict(Organisation.objects.values_list("code", "name"))
    assert names["990101001"] == "云省青禾区东岭镇"
    assert names["990200001"] == "云省东莱市西坪镇"
    assert (names["9901"], names["990200"]) == ("云省市辖区", "云省东莱市")
    assert Organisation.objects.get(code="990101001").path == "/9901/990101/990101001/"


def test_only_what_is_under_a_code_comes_in_and_joins_what_is_there(tmp_path):
    fictional(tmp_path)
    run(tmp_path, ["990101"])
    assert list(Organisation.objects.values_list("path", flat=True)) == ["/990101/", "/990101/990101001/"]
    run(tmp_path, ["9901"])
    assert Organisation.objects.get(code="990101001").path == "/9901/990101/990101001/"
    assert run(tmp_path, ["9901"]).changes == 0


@pytest.mark.parametrize(
    ("changed", "under", "code", "where"),
    [
        ({"streets": "code,name\n"}, [], "divisions.header", "streets.csv:1"),
        ({"streets": "code,name,areaCode\n9x,镇,990101\n"}, [], "divisions.row", "streets.csv:2"),
        ({"streets": "code,name,areaCode\n990199001,镇,990199\n"}, [], "divisions.parent", "streets"),
        ({}, ["88"], "divisions.under", ""),
    ],
)
def test_wrong_files_are_refused_with_their_line(tmp_path, changed, under, code, where):
    with pytest.raises(FileRefused) as caught:
        run(fictional(tmp_path, **changed), under)
    assert caught.value.code == code
    assert where in caught.value.where
    assert not Organisation.objects.exists()


def test_a_missing_or_damaged_file_is_refused(tmp_path):
    fictional(tmp_path)
    (tmp_path / "streets.csv").unlink()
    with pytest.raises(FileRefused, match="streets"):
        run(tmp_path)
    (tmp_path / "streets.csv.gz").write_bytes(gzip.compress(b"code,name,areaCode\n" * 99)[:-12])
    with pytest.raises(FileRefused, match="损坏"):
        run(tmp_path)


@pytest.mark.real_data
def test_one_real_district_with_its_streets(real_data):
    run(real_data / "china_divisions", ["110101"])
    assert Organisation.objects.get(code="110101001").name == "北京市东城区东华门街道"
    assert Organisation.objects.filter(level="township").count() == 17


@pytest.mark.real_data
def test_the_whole_country_comes_in_within_seconds(real_data):
    seen = []
    start = time.monotonic()
    report = run(real_data / "china_divisions", progress=lambda done, total: seen.append((done, total)))
    took = time.monotonic() - start
    assert report.counts["organisation"]["new"] == 342 + 2978 + 41352
    assert seen[-1] == (44672, 44672)
    assert len(seen) > 10
    assert took < 60
    assert run(real_data / "china_divisions").changes == 0
