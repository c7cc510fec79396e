#!/bin/sh
# An environment for pfhedge, which pins numpy < 2: .cache/pfhedge. Where no package index is reached, nothing is left.
set -e
place=.cache/pfhedge
test -x $place/bin/python && exit 0
mkdir -p .cache
"${1:-python3}" -m venv $place.part
$place.part/bin/python -m pip install --quiet --disable-pip-version-check pfhedge torch "numpy<2" || { rm -rf $place.part; exit 1; }
rm -rf $place
mv $place.part $place
