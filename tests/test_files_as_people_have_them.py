"""Histories and books in the forms in which people have them: what can be told is read and said, the rest refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from agents.hedging.hedger import Hedger
from agents.hedging.positions import Position
from scenarios.files.csv_table import read_table
from scenarios.files.days import NotADate, parse_day
from scenarios.files.layout import Layout
from scenarios.files.numbers import decimal_mark, is_missing, parse_number
from scenarios.files.option_symbols import parse_symbol
from scenarios.files.record_rows import read_record_rows, record_layout
from scenarios.files.text import LARGEST, read_text
from scenarios.scenario import Scenario
from scenarios.studies.replay.history import from_history
from scenarios.studies.replay.positions_csv import take_book
from sim.errors import UserError

HEADER = "date,spx,vix,overnight,us2y,us10y,ig_oas"
DAYS = ("2022-05-02", "2022-05-03", "2022-05-04", "2022-05-05")
LEVELS = (
    (4155.38, 32.34, 0.30, 2.73, 2.99, 1.35),
    (4175.48, 29.25, 0.30, 2.79, 2.97, 1.36),
    (4300.17, 25.42, 0.30, 2.66, 2.93, 1.35),
    (4146.87, 31.20, 0.78, 2.71, 3.05, 1.36),
)
ROWS = [f"{day},{','.join(map(str, row))}" for day, row in zip(DAYS, LEVELS, strict=True)]
RECORD = "\n".join([HEADER, *ROWS]) + "\n"


def write(folder: Path, text: str | bytes, name: str = "record.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def levels(scenario: Scenario) -> list[tuple[float | None, ...]]:
    """Date and levels of each anchor, rounded to what the file says."""
    keys = ("spot", "vol", "overnight", "us2y", "us10y", "credit")
    rows = scenario.storyline.anchor
    return [(row.date, *(None if (v := getattr(row, k)) is None else round(v, 8) for k in keys)) for row in rows]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[float | None, ...]]:
    """What every form of the record must give."""
    return levels(from_history(write(tmp_path_factory.mktemp("plain"), RECORD)))


def dated(form: Callable[[str], str]) -> str:
    """The record with every date in another form."""
    return "\n".join([HEADER, *(form(row[:10]) + row[10:] for row in ROWS)]) + "\n"


def german(mark: str = ";") -> str:
    return RECORD.replace(",", mark).replace(".", ",")


def quoted(day: str, row: tuple[float, ...]) -> str:
    """A line of numbers with decimal commas between quotes."""
    cells = '","'.join(str(value).replace(".", ",") for value in row)
    return f'{day},"{cells}"'


OTHER_FORMS: dict[str, str | bytes] = {
    "byte order mark, CRLF": "\ufeff" + RECORD.replace("\n", "\r\n"),
    "old Mac line ends": RECORD.replace("\n", "\r"),
    "UTF-16": RECORD.encode("utf-16"),
    "UTF-16 without its mark": RECORD.encode("utf-16-le"),
    "Windows-1252": RECORD.replace("vix", "vix,caf\u00e9").replace(",32.34", ",32.34,\u20ac").encode("cp1252")
    .replace(b"29.25", b"29.25,").replace(b"25.42", b"25.42,").replace(b"31.2", b"31.2,"),
    "semicolons and decimal commas": german(),
    "tabs": RECORD.replace(",", "\t"),
    "bars and decimal commas": german("|"),
    "quoted decimal commas": "\n".join([HEADER, *map(quoted, DAYS, LEVELS)]),
    "header case and spaces": RECORD.replace(HEADER, 'Date, SPX ,"Vix",OVERNIGHT,us 2y,US10Y,Ig-OAS'),
    "the sources' names": RECORD.replace(HEADER, "observation_date,^GSPC,VIXCLS,DFF,DGS2,DGS10,BAMLC0A0CM"),
    "a vendor's names": RECORD.replace(HEADER, "DATE,PX_LAST,VIX Close,SOFR,USGG2YR Index,USGG10YR Index,LUACOAS"),
    "an index without a name": RECORD.replace("date,", ","),
    "row numbers in front": "\n".join([f",{HEADER}", *(f"{i},{row}" for i, row in enumerate(ROWS))]),
    "midnight timestamps": dated(lambda day: f"{day} 00:00:00"),
    "midnight in New York": dated(lambda day: f"{day}T00:00:00-04:00"),
    "midnight, UTC": dated(lambda day: f"{day}T00:00:00.000Z"),
    "closing times": dated(lambda day: f"{day} 16:00"),
    "compact dates": dated(lambda day: day.replace("-", "")),
    "dates with slashes, year first": dated(lambda day: day.replace("-", "/")),
    "days in words": dated(lambda day: date.fromisoformat(day).strftime("%d-%b-%Y")),
    "American words": dated(lambda day: '"' + date.fromisoformat(day).strftime("%b %d, %Y") + '"'),
    "German dates": dated(lambda day: date.fromisoformat(day).strftime("%d.%m.%Y")),
    "newest first": "\n".join([HEADER, *ROWS[::-1]]) + "\n",
    "a title above": "Prices of four days\n\n" + RECORD,
    "Excel's hint": "sep=,\n" + RECORD,
    "a source below": RECORD + "\nSource: a vendor, 6 May\n",
    "a frame's names in three lines": RECORD.replace(HEADER, "Price,Close,VIX,DFF,DGS2,DGS10,OAS").replace(
        "OAS\n", "OAS\nTicker,^GSPC,^VIX,x,x,x,x\nDate,,,,,,\n", 1
    ),
    "a line of averages below": RECORD + "Average,4194.4,29.55,0.42,2.72,2.98,1.355\n",
    "lines of statistics below, German": german() + "Mittelwert;4194,4;29,55;0,42;2,72;2,98;1,355\nMax;4300,17;;;;;\n",
    "a line twice": RECORD + ROWS[-1] + "\n",
    "two files joined": "\n".join([HEADER, *ROWS[:2], HEADER, *ROWS[2:]]) + "\n",
    "names of groups above": "Index,Equity,Vol,Rates,Rates,Rates,Credit\n" + RECORD,
    "Spanish names": RECORD.replace("date,spx", "Fecha,Cierre"),
    "French names, narrow spaces": RECORD.replace("date,spx", "Date,Cl\u00f4ture").replace(",4", ",4\u202f"),
    "apostrophes between thousands": RECORD.replace(",4", ",4'"),
    "comments between the lines": "\n".join([HEADER, ROWS[0], "# a remark, with a comma", "#" + ROWS[1], *ROWS[1:]]),
    "a comma behind the header": RECORD.replace(HEADER, HEADER + ","),
    "units in headings": RECORD.replace("us2y,us10y,ig_oas", "us2y_pct,US10Y (decimal),IG OAS in bp")
    .replace("1.35\n", "135\n").replace("1.36\n", "136\n").replace("2.99", "0.0299").replace("2.97", "0.0297")
    .replace("2.93", "0.0293").replace("3.05", "0.0305"),
    "a change beside the level": RECORD.replace(HEADER, "date,spx_pct,us10y_bp,spx,vix,overnight,us2y,us10y,ig_oas")
    .replace("2022-05-0", "2022-05-0_").replace("_2,", "2,1.0,5,").replace("_3,", "3,1.0,5,").replace("_4,", "4,1.0,5,")
    .replace("_5,", "5,1.0,5,"),
    "units in words": RECORD.replace("2.79", "2.79 percent").replace("2.66", "0.0266 decimal"),
    "a line twice, in other digits": RECORD + ROWS[-1].replace("4146.87", "4146.870").replace("31.2,", "31.20,") + "\n",
    "a day without levels": "\n".join([HEADER, *ROWS[:2], "2022-05-03,,,,,,", *ROWS[2:]]).replace(
        "2022-05-03,,,,,,\n", ""
    ) + "\n",
    "thousands, percent and currency": RECORD.replace("4155.38", '"$4,155.38"').replace("2.73", "2.73%")
    .replace("1.35", "135 bp").replace("4175.48", '" 4,175.48 "'),
    "empty lines and columns": RECORD.replace("\n", ",,\n").replace(HEADER + ",,", HEADER + ",,note"),
}  # fmt: skip


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_every_form_gives_the_same_record(tmp_path: Path, expected: list[tuple[float | None, ...]], form: str) -> None:
    assert levels(from_history(write(tmp_path, OTHER_FORMS[form]))) == expected


@pytest.mark.parametrize("order", ["mdy", "dmy"])
def test_dates_that_do_not_tell_need_the_option(
    tmp_path: Path, expected: list[tuple[float | None, ...]], order: str
) -> None:
    form = {"mdy": "%m/%d/%Y", "dmy": "%d/%m/%Y"}[order]
    path = write(tmp_path, dated(lambda day: date.fromisoformat(day).strftime(form)))
    with pytest.raises(UserError, match=r"record.csv:2: date: may be day or month first.*--dates mdy"):
        from_history(path)
    assert levels(from_history(path, dates=order)) == expected


def test_one_day_above_twelve_tells_for_the_column(tmp_path: Path) -> None:
    text = f"{HEADER}\n05/02/2022,4000,30,1,2,3,1\n05/13/2022,4010,30,1,2,3,1\n"
    scenario = from_history(write(tmp_path, text))
    assert [scenario.start, scenario.end] == [date(2022, 5, 2), date(2022, 5, 13)]
    assert any("month first (05/13/2022)" in note for note in scenario.notes)


@pytest.mark.parametrize(
    "marker", [".", "null", "NaN", "nan", "N/A", "#N/A", "#N/A N/A", "#VALUE!", "-", "NA", "None", ""]
)
def test_missing_numbers(tmp_path: Path, marker: str) -> None:
    scenario = from_history(write(tmp_path, RECORD.replace("2.79", marker)))
    assert scenario.storyline.anchor[1].us2y is None


# What is refused: (replaced, by what, what is said after the file's name).
REFUSED = [
    ("2022-05-03", "44684", r":3: date: is a spreadsheet's serial number.*44684 is 2022-05-03"),
    ("2022-05-03", "2022-02-30", ":3: date: is a date that does not exist"),
    ("2022-05-03", "2022-05-03T20:00:00Z", ":3: date: has a time of day in a time zone"),
    ("2022-05-05", "2022-05-07", ":5: date: XNYS is closed on this Saturday.*before it is 2022-05-06"),
    (ROWS[3], "2022-05-02,1,1,1,1,1,1", ":5: date: dates must increase"),
    (ROWS[1], ROWS[0].replace("4155.38", "4155.39"), r":3: date: this date has two lines that differ \(see .*:2\)"),
    (ROWS[3], "2022-05-05,,.,,NaN,,", ":5: no level on this line, nor after it"),
    ("4175.48", "417.548", ":3: spx: a move of −90.0 % in a day that the next day takes back.*--as-given"),
    ("4146.87", "2073.44", ":5: spx: a move of −51.8 % in a day, more than any index has had.*adjust the record"),
    (",1.36", ",136", ":3: ig_oas: must be in percent.*write 1.36 for 136"),
    ("32.34", "3234", ":2: vix: .*write 32.34 for 3234"),
    ("32.34", "0.3234", ":2: vix: .*write 32.34, not 0.3234"),
    ("2.73", "273", ":2: us2y: .*write 2.73 for 273"),
    ("4175.48", "4175.48 points", ":3: spx: must be a number"),
    ("4175.48", '"4.175,48"', ":3: spx: decimal commas and decimal points in one table"),
    ("4175.48", "4175,48", ":3: the header names 7 columns.*needs quotes"),
    ("spx", "spx,spx", ":1: two columns have this name"),
    ("date", "day of trade", ":1: the column 'date' is missing"),
    (RECORD, "date spx vix\n2022-05-02 1 2\n", ":1: the column 'date' is missing.*separate its cells"),
    (
        RECORD,
        RECORD.replace("2022", '"2022').replace("\n", '"\n').replace(HEADER, '"' + HEADER),
        ":1: the column 'date' is missing.*in quotes as a whole: take these off",
    ),
    ("4175.48", '"4175.48', ":5: the header names 7 columns.*a quoted cell runs over several lines.*close its quotes"),
    (
        RECORD,
        f"{HEADER}\n2022-05-02,4000,30,1,2,3,1\n2022-05-10,400,30,1,2,3,1\n",
        ":3: spx: a move of −90.0 % in 8 days",
    ),
    (RECORD, "PK\x03\x04 and so on", ": is a spreadsheet or an archive"),
    (RECORD, "date,spx\0\n", r": is not text \(byte 8\)"),
    (RECORD, "", ": the file is empty"),
    (RECORD, HEADER, ": there is no row below the header"),
]


@pytest.mark.parametrize(("old", "new", "said"), REFUSED)
def test_what_cannot_be_told_is_refused_by_file_and_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in RECORD
    with pytest.raises(UserError, match=r"record\.csv" + said):
        from_history(write(tmp_path, RECORD.replace(old, new)))


def test_many_closed_days_mean_another_calendar(tmp_path: Path) -> None:
    days = [f"2022-05-{day:02d}" for day in range(2, 20)]
    path = write(tmp_path, "\n".join(["date,spx", *(f"{day},4000" for day in days)]))
    with pytest.raises(UserError, match=r":7: date: XNYS is closed.* 4 of 18 days: .*--set clock.calendar="):
        from_history(path)
    assert len(from_history(path, overrides=["clock.calendar=24/7"]).storyline.anchor) == 18


def test_what_a_record_lacks_is_filled_and_said(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    days = [str(day) for day in np.busday_offset("2022-05-02", range(19))]  # up to the Friday before a holiday
    spots = 4000 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days))))
    path = write(
        tmp_path, "\n".join(["date,spx,us2y", *(f"{d},{s:.2f},2.5" for d, s in zip(days, spots, strict=True))])
    )
    scenario = from_history(path)
    first = scenario.storyline.anchor[0]
    returns = np.diff(np.log(np.round(spots, 2)))
    assert first.vol == pytest.approx(np.sqrt(252 * np.mean(returns**2)), rel=1e-9)
    assert (first.overnight, first.us2y, first.us10y) == pytest.approx((0.025, 0.025, 0.025))
    assert first.credit == pytest.approx(0.011)
    said = " ".join(scenario.notes)
    for words in (
        "no vol in the record: realised",
        "no overnight in the record: us2y",
        "no credit in the record: 1.10 %",
    ):
        assert words in said


def test_a_level_that_begins_late_or_ends_early_is_said(tmp_path: Path) -> None:
    scenario = from_history(
        write(tmp_path, RECORD.replace("32.34", "").replace("1.36\n2022-05-04", "1.36\n2022-05-04"))
    )
    assert any("vol begins on 2022-05-03" in note for note in scenario.notes)
    ended = from_history(write(tmp_path, RECORD.replace("3.05", ""), "ended.csv"))
    assert any("us10y ends on 2022-05-04" in note for note in ended.notes)


def test_rates_as_decimals_are_said(tmp_path: Path) -> None:
    """0.029 for 2.9 % is a level that a few markets have had: taken, with a note."""
    text = "date,spx,overnight,us2y,us10y\n2022-05-02,4000,{},{},{}\n2022-05-03,4010,{},{},{}\n"
    decimals = from_history(write(tmp_path, text.format(*(0.003, 0.027, 0.029) * 2)))
    assert any("all rates lie between 0.003 % and 0.029 %: read as percent" in n for n in decimals.notes)
    one = from_history(write(tmp_path, text.format(*(0.3, 2.7, 0.029) * 2)))
    assert any("all of us10y lies between 0.029 % and 0.029 %: read as percent" in n for n in one.notes)
    for rates in ((0.05, 0.13, 0.7), (0.0, 0.0, 0.0), (0.05, 0.09, "")):
        scenario = from_history(write(tmp_path, text.format(*rates * 2)))
        assert not any("read as percent" in note for note in scenario.notes)


def test_two_columns_that_mean_the_same_are_told_apart(tmp_path: Path) -> None:
    text = "Date,Adj Close,Close,EFFR,SOFR\n2022-05-02,3900,4000,0.33,0.30\n2022-05-03,3910,4010,0.33,0.30\n"
    scenario = from_history(write(tmp_path, text))
    assert scenario.storyline.anchor[0].spot == 4000.0
    assert scenario.storyline.anchor[0].overnight == pytest.approx(0.003)
    said = " ".join(scenario.notes)
    assert "Close is taken for spx, not Adj Close" in said
    assert "SOFR is taken for overnight, not EFFR" in said


def test_a_heading_gives_its_unit_and_what_is_not_read_is_said(tmp_path: Path) -> None:
    text = "Date,S&P 500 Close,UST 2Y [%],IG OAS (bp),EM\n2022-05-02,4000,2.7,130,410\n2022-05-03,4010,2.7,131,412\n"
    scenario = from_history(write(tmp_path, text))
    first = scenario.storyline.anchor[0]
    assert (first.credit, first.us2y) == pytest.approx((0.0130, 0.027))
    assert any(note.endswith("not read: EM") for note in scenario.notes)


def test_a_heading_whose_unit_is_part_of_a_name_is_that_name() -> None:
    layout = Layout("x", {"rate": ("mid",), "rate_bp": ()}, (), (), ("rate", "rate_bp"))
    columns = layout.match(["Rate (bp)", "Mid [%]"])
    assert columns.at == {"rate": 1, "rate_bp": 0}
    assert (columns.unit("rate"), columns.unit("rate_bp")) == ("%", "")


def test_a_file_of_vol_alone_is_no_index(tmp_path: Path) -> None:
    path = write(tmp_path, "DATE,OPEN,CLOSE\n2022-05-02,33,32\n2022-05-03,32,30\n", "VIX_History.csv")
    with pytest.raises(UserError, match="is a series of vol, rates or spreads by its name"):
        from_history(path)


def test_a_large_file_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(120_000_000)
    with pytest.raises(UserError, match=f"is larger than {LARGEST / 2**20:g} MB"):
        from_history(path)
    many = write(tmp_path, "date,spx\n" + "2022-05-02,1\n" * 100_001, "many.csv")
    with pytest.raises(UserError, match="has more than 100,000 lines"):
        from_history(many)


# --- frames ----------------------------------------------------------------------------------------------------------


def columns() -> dict[str, list[object]]:
    """The record as columns of Python values."""
    names = HEADER.split(",")
    days = [date.fromisoformat(day) for day in DAYS]
    return {"date": list(days), **{name: [row[i] for row in LEVELS] for i, name in enumerate(names[1:])}}


def test_polars_frames(expected: list[tuple[float | None, ...]]) -> None:
    frame = pl.DataFrame(columns())
    assert levels(from_history(frame)) == expected
    assert levels(from_history(frame.lazy())) == expected
    timed = frame.with_columns(pl.col("date").cast(pl.Datetime))
    assert levels(from_history(timed)) == expected


def test_pandas_frames(expected: list[tuple[float | None, ...]]) -> None:
    import pandas as pd

    frame = pd.DataFrame(columns())
    assert levels(from_history(frame)) == expected
    indexed = frame.assign(date=pd.to_datetime(frame["date"])).set_index("date")
    assert levels(from_history(indexed)) == expected
    assert levels(from_history(indexed.tz_localize("America/New_York"))) == expected


def test_two_columns_of_one_name_in_a_frame_are_refused() -> None:
    """Of several tickers, by field or by ticker, none is the index."""
    pandas = pytest.importorskip("pandas")
    days = pandas.DatetimeIndex(DAYS[:2], name="Date")
    for names in (
        [("Close", "SPY"), ("Close", "QQQ")],
        [("^GSPC", "Open"), ("^GSPC", "Close")],
        ["spx", "spx"],
    ):
        frame = pandas.DataFrame([[4000.0, 300.0], [4010.0, 301.0]], columns=names, index=days)
        with pytest.raises(UserError, match="the history's frame: two columns have this name"):
            from_history(frame)


def test_nothing_of_pandas_nullable_columns_is_an_empty_cell() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"date": DAYS[:3], "spx": pandas.array([4000, None, 4010], dtype="Int64"), "vix": 30})
    assert [row.spot for row in from_history(frame).storyline.anchor] == [4000, None, 4010]


def test_a_lazy_frame_that_cannot_be_collected_is_said() -> None:
    with pytest.raises(UserError, match=r"the history's frame: cannot be collected: .*nowhere.parquet"):
        from_history(pl.scan_parquet("nowhere.parquet"))


def test_tables_of_arrays(expected: list[tuple[float | None, ...]]) -> None:
    arrays = {name: np.array(values) for name, values in columns().items() if name != "date"}
    assert levels(from_history({"date": np.array(DAYS, dtype="datetime64[D]"), **arrays})) == expected
    assert from_history({"date": DAYS, "spx": [4000.0, 4010.0, float("nan"), 4020.0]}).storyline.anchor[-1].spot == 4020


def test_a_frame_names_its_row_and_what_is_no_frame_is_refused() -> None:
    frame = pl.DataFrame(columns()).with_columns(ig_oas=pl.lit(130.0))
    with pytest.raises(UserError, match=r"the history's frame, row 1: ig_oas: .*write 1.3 for 130"):
        from_history(frame)
    with pytest.raises(UserError, match=r"is no history and no book, got 'int'"):
        from_history(3)
    with pytest.raises(UserError, match="the columns have different lengths"):
        from_history({"date": DAYS, "spx": [1.0]})


def test_pandas_is_not_imported_for_a_polars_frame() -> None:
    before = set(sys.modules)
    read_record_rows(pl.DataFrame(columns()))
    assert "pandas" not in set(sys.modules) - before


# --- books -----------------------------------------------------------------------------------------------------------

PUT = Position(kind="put", strike=3800.0, expiry=date(2022, 6, 17), quantity=-250_000.0)

BOOKS = {
    "letters": "kind,strike,expiry,quantity\nP,3800,2022-06-17,-250000\n",
    "capitals": "Kind,Strike,Expiry,Quantity\nPUT,3800,2022-06-17,-250000\n",
    "a broker's names": "right,strike_price,expiration,qty\nPut,3800.0,17-Jun-2022,-250000\n",
    "thousands": 'kind,strike,expiry,quantity\nput,"3,800",2022-06-17,"-250,000"\n',
    "German": "kind;strike;expiry;quantity\nput;3.800,0;17.06.2022;-250.000\n",
    "brackets": 'kind,strike,expiry,quantity\nput,3800,2022-06-17,"(250,000)"\n',
    "a minus behind": "kind,strike,expiry,quantity\nput,3800,2022-06-17,250000-\n",
    "a typographer's minus": "kind,strike,expiry,quantity\nput,3800,2022-06-17,\u2212250000\n",
    "contracts": "kind,strike,expiry,contracts,multiplier\nput,3800,2022-06-17,-5000,50\n",
    "contracts of 100": "kind,strike,expiry,contracts\nput,3800,2022-06-17,-2500\n",
    "a symbol": "symbol,quantity\nSPX   220617P03800000,-250000\n",
    "a symbol, weekly": "symbol,contracts\nSPXW220617P03800000,-2500\n",
    "a symbol and its parts": "symbol,kind,strike,quantity\nSPXW220617P03800000,p,3800,-250000\n",
    "labels": "Position,Trade ID,Type,Strike,Expiry,Quantity\nSPX P1,T-7,Put,3800,2022-06-17,-250000\n",
    "a label in the place of a number": "Position,kind,strike,expiry,contracts\nP1,put,3800,2022-06-17,-2500\n",
    "a side": "kind,strike,expiry,quantity,side\nput,3800,2022-06-17,250000,Short\n",
    "a side of contracts": "side,symbol,contracts\nSELL,SPX   220617P03800000,2500\n",
    "a side and a minus": "kind,strike,expiry,quantity,side\nput,3800,2022-06-17,-250000,S\n",
    "a total": "kind,strike,expiry,quantity\nput,3800,2022-06-17,-250000\nTotal,,,-250000\n",
    "a total in a remark": "note,kind,strike,expiry,quantity\na,put,3800,2022-06-17,-250000\nGRAND TOTAL:,,,,-250000\n",
    "a total, German": "kind;strike;expiry;quantity\nput;3.800,0;17.06.2022;-250.000,0\nSumme;-;;-250.000,0\n",
    "German names": "Art;Basispreis;Verfall;St\u00fcck\nPut;3.800,0;17.06.2022;-250.000\n",
    "French names": "Type;Prix d'exercice;\u00c9ch\u00e9ance;Quantit\u00e9\nPut;3 800,0;17/06/2022;-250 000\n",
    "Spanish names and side": "Tipo,Strike,Vencimiento,Cantidad,side\nPut,3800,17/06/2022,250000,Venta\n",
    "names of groups above": "Option,,,Size\nkind,strike,expiry,quantity\nput,3800,2022-06-17,-250000\n",
    "the header twice": "kind,strike,expiry,quantity\n" * 2 + "put,3800,2022-06-17,-250000\n",
    "remarks": "id,kind,strike,expiry,quantity,note\n7,put,3800,2022-06-17,-250000,client A\n",
}


@pytest.fixture(scope="module")
def may(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A scenario that starts on 2022-05-02."""
    return from_history(write(tmp_path_factory.mktemp("may"), RECORD))


def book_of(scenario: Scenario) -> tuple[Position, ...]:
    hedger = scenario.agent("hedger")
    assert isinstance(hedger, Hedger)
    return hedger.book


@pytest.mark.parametrize("form", BOOKS)
def test_every_form_gives_the_same_book(tmp_path: Path, may: Scenario, form: str) -> None:
    taken = take_book(may, write(tmp_path, BOOKS[form], "book.csv"))
    assert book_of(taken) == (PUT,)
    assert ("there is no multiplier" in " ".join(taken.notes)) == (
        "contracts" in BOOKS[form] and "mult" not in BOOKS[form]
    )


def test_books_as_frames(may: Scenario) -> None:
    frame = {"kind": ["put"], "strike": [3800.0], "expiry": [datetime(2022, 6, 17)], "quantity": [-250_000]}
    assert book_of(take_book(may, pl.DataFrame(frame))) == (PUT,)
    assert book_of(take_book(may, frame)) == (PUT,)


def test_amounts_in_two_currencies_are_refused(tmp_path: Path, may: Scenario) -> None:
    text = "kind,moneyness,months,notional\nput,0.95,2,$-1e9\nput,0.9,2,{}-1e9\n"
    with pytest.raises(UserError, match=r":3: notional: amounts in EUR, and in USD \(.*:2: notional\)"):
        take_book(may, write(tmp_path, text.format("EUR "), "book.csv"))
    with pytest.raises(UserError, match=r":3: spx: amounts in GBP, and in EUR"):
        from_history(write(tmp_path, RECORD.replace("4155.38", "\u20ac4155.38").replace("4175.48", "\u00a34175.48")))
    euros = take_book(may, write(tmp_path, text.format("").replace("$", "EUR "), "book.csv"))
    assert any("amounts in EUR are taken as they stand" in note for note in euros.notes)
    dollars = take_book(may, write(tmp_path, text.format("USD "), "book.csv"))
    assert not any("amounts in" in note for note in dollars.notes)


def test_symbols_of_two_underlyings_are_refused(tmp_path: Path, may: Scenario) -> None:
    text = "symbol,quantity\nSPXW220617P03800000,-250000\n{}220617P03900000,-1000\n"
    with pytest.raises(UserError, match=r":3: symbol: the book has symbols of two underlyings, SPXW and NDXP"):
        take_book(may, write(tmp_path, text.format("NDXP"), "book.csv"))
    taken = take_book(may, write(tmp_path, text.format("SPX"), "book.csv"))
    assert any("symbols of SPXW, SPX are taken as on the main asset" in note for note in taken.notes)


def test_percent_signs_in_a_book(tmp_path: Path, may: Scenario) -> None:
    text = "kind,moneyness,months,notional,fixed_rate\nput,95%,2,-1e9,\nswap,,24,1e9,2.90%\n"
    put, swap = book_of(take_book(may, write(tmp_path, text, "book.csv")))
    assert put.moneyness == pytest.approx(0.95)
    assert swap.fixed_rate == pytest.approx(0.029)


def test_a_swap_pays_or_receives_by_its_side_or_its_sign(tmp_path: Path, may: Scenario) -> None:
    lines = "IRS,Pay,10Y,500000000,2.9", "Swap,Receive,18M,800000000,2.7", "swap,payer,24M,-300000000,2.7"
    text = "\n".join(("Type,Side,Tenor,Notional,Rate (%)", *lines))
    taken = take_book(may, write(tmp_path, text, "book.csv"))
    assert [(line.months, line.notional) for line in book_of(taken)] == [(120, -5e8), (18, 8e8), (24, -3e8)]
    assert book_of(taken)[0].fixed_rate == pytest.approx(0.029)
    assert any("pay fixed are taken with a negative notional" in note for note in taken.notes)
    bought = "kind,side,strike,expiry,quantity\ncall,{},4200,2022-06-17,{}\n"
    (sold,) = book_of(take_book(may, write(tmp_path, bought.replace("side", "Buy/Sell").format("S", 1e5), "book.csv")))
    assert sold.quantity == -1e5
    for side, size, taken_as in (("Buy", 1e5, 1e5), ("sold", 1e5, -1e5), ("long", 1e5, 1e5)):
        (call,) = book_of(take_book(may, write(tmp_path, bought.format(side, size), "book.csv")))
        assert call.quantity == taken_as and call.side is None
    with pytest.raises(UserError, match=r":2: side: the quantity is negative and the side long, got 'buy'"):
        take_book(may, write(tmp_path, bought.format("Buy", -1e5), "book.csv"))
    with pytest.raises(UserError, match=r":2: side: must be 'payer' or 'receiver', got 'both'"):
        take_book(may, write(tmp_path, bought.format("both", -1e5), "book.csv"))
    odd = "kind,side,months,notional\nswap,receive,24,-300000000\n"
    with pytest.raises(UserError, match=r":2: side: the notional is negative and the side receives"):
        take_book(may, write(tmp_path, odd, "book.csv"))


def test_symbols_of_a_saturday_expire_at_the_close_before() -> None:
    days = ["2009-12-14", "2009-12-15"]
    book = {"symbol": ["SPX   100116P01000000"], "quantity": [-1000]}
    scenario = from_history({"date": days, "spx": [1114.0, 1108.0]}, book)
    assert book_of(scenario)[0].expiry == date(2010, 1, 15)
    assert any("2010-01-16, a Saturday, expire at the close of 2010-01-15" in note for note in scenario.notes)


# A line of kind,strike,moneyness,expiry,months,quantity,notional,fixed_rate, and what is said of it.
WRONG_BOOKS = [
    ("put,,95,,2,,-1e9,", ":2: moneyness: .*write 0.95 for 95 %"),
    ("swap,,,,120,,1e9,2.90", ":2: fixed_rate: .*write 0.029 for 2.9 %"),
    ("put,380,,2022-06-17,,-1000,,", ":2: strike: .*the starting spot is 4155.38"),
    ("put,3800,,2022-06-18,,-1000,,", ":2: expiry: XNYS is closed on this Saturday.*before it is 2022-06-17"),
    ("put,3800,,2022-04-14,,-1000,,", ":2: expiry: expiry must be after the start"),
    (",,,,,-1000,,", ":2: kind: every line needs its kind; name its instrument, or drop the line if it is a total"),
    ("put,,0.95,,2,,-500m,", ":2: notional: must be a number, got '-500m'; write -500e6"),
    ("put,,0.95,,2,,$1.5bn,", ":2: notional: must be a number, .*; write 1.5e9"),
    ("put,,0.95,,2,,(20 MM),", ":2: notional: must be a number, .*; write -20e6"),
    ("put,,0.95,,3M,,-1e9,", ":2: months: must be a number, got '3M'; write 1234.5"),
    ("put,3800,,22-06-17,,-1000,,", r":2: expiry: dates may begin with a year of two digits \(22-06-17\)"),
    ("put,3800,,2092-06-17,,-1000,,", ":2: expiry: is more than 30 years after the start.*got 70.1; check the year"),
    ("call,,1.1,,1000,,1e9,", ":2: months: is more than 30 years after the start"),
    ("-put,3800,,2022-06-17,,-1000,,", ":2: kind: must be .*got '-put'"),
    ("puttt,3800,,2022-06-17,,-1000,,", ":2: kind: must be"),
    ("put,3800,,05/06/2022,,-1000,,", ":2: expiry: may be day or month first"),
    ("put,3800,,2022-06-17,,-1e300,,", ":2: quantity: must lie between -1e30 and 1e30, got '-1e[+]300'"),
    (f"put,3800,,2022-06-17,,{'9' * 400},,", ":2: quantity: must lie between -1e30 and 1e30, got 'inf'"),
]


@pytest.mark.parametrize(("line", "said"), WRONG_BOOKS)
def test_a_wrong_book_is_refused_by_its_own_file_and_line(tmp_path: Path, may: Scenario, line: str, said: str) -> None:
    text = f"kind,strike,moneyness,expiry,months,quantity,notional,fixed_rate\n{line}\n"
    with pytest.raises(UserError, match=r"book\.csv" + said):
        take_book(may, write(tmp_path, text, "book.csv"))


def test_a_position_behind_a_hash_is_not_taken(tmp_path: Path, may: Scenario) -> None:
    text = "kind,strike,expiry,quantity\n#put,3900,2022-06-17,-1000\nput,3800,2022-06-17,-250000\n# call,1,2,3\n"
    taken = take_book(may, write(tmp_path, text, "book.csv"))
    assert book_of(taken) == (PUT,)
    assert any(note.endswith("book.csv: 2 lines with # in front left out") for note in taken.notes)
    numbered = (
        text.replace("kind", "id,kind").replace("#put,", "#1,put,").replace("\nput", "\n#2,put").split("# call")[0]
    )
    assert len(book_of(take_book(may, write(tmp_path, numbered, "book.csv")))) == 2


def test_columns_that_contradict_each_other_are_refused(tmp_path: Path, may: Scenario) -> None:
    for text, said in (
        ("kind,strike,expiry,quantity,units\nput,3800,2022-06-17,-1,-1\n", "two columns mean quantity"),
        ("symbol,kind,quantity\nSPXW220617P03800000,call,-1\n", "kind: the symbol says put"),
        ("symbol,quantity\nSPXW,-1\n", "symbol: is not an option"),
        ("kind,strike,expiry,quantity,multiplier\nput,3800,2022-06-17,-1,100\n", "quantity is in units"),
        ("kind,strike,expiry,contracts,multiplier\nput,3800,2022-06-17,-1,0\n", "multiplier: must be > 0, got 0.0"),
        ("kind,strike,expiry,contracts,multiplier\nput,3800,2022-06-17,-1,-100\n", "multiplier: must be > 0, got -1"),
        (
            "kind,expiry,notional,fixed_rate,price\nbond,2032-05-15,1e9,0.029,0.99\n",
            "price: outside 2 to 500.* per 100",
        ),
        ("kind,strike,expiry,quantity,delta\nput,3800,2022-06-17,-1,0.5\n", "unknown column, got 'delta'"),
    ):
        with pytest.raises(UserError, match=said):
            take_book(may, write(tmp_path, text, "book.csv"))


# --- numbers, dates, symbols by themselves ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1234.5", ".", 1234.5), ("1,234.5", ".", 1234.5), ("1.234,5", ",", 1234.5), ("1 234,5", ",", 1234.5),
        ("1\u00a0234,5", ",", 1234.5), ("1'234.5", ".", 1234.5), ("$1,234", ".", 1234.0), ("(1,234)", ".", -1234.0),
        ("1234-", ".", -1234.0), ("\u22125", ".", -5.0), ("-1e9", ".", -1e9), ("1_000", ".", 1000.0), (".5", ".", 0.5),
        ("\u20ac 5,5", ",", 5.5), ("USD 3", ".", 3.0), ("12,34.5", ".", None), ("1.2.3", ".", None),
        ("inf", ".", None), ("1e999", ".", None), ("1,2345", ".", None), ("5 6", ".", None), ("--5", ".", None),
    ],
)  # fmt: skip
def test_numbers(text: str, mark: str, value: float | None) -> None:
    assert parse_number(text, mark) == value


def test_what_tells_the_decimal_mark() -> None:
    told = {
        "1,234.5": ".",
        "1.234,5": ",",
        "1,5": ",",
        "1.5": ".",
        "1,234": "?,",
        "1.234": "?.",
        "0,234": ",",
        "12": None,
    }
    assert {text: decimal_mark(text) for text in told} == told
    assert not is_missing("0")
    assert not is_missing("nano")


def test_a_table_in_which_nothing_tells_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "date;spx\n2022-05-02;4.155\n2022-05-03;4.175\n")
    with pytest.raises(UserError, match=r"may be a decimal or a thousands separator, got '4\.155'"):
        read_table(path, record_layout())
    told = write(tmp_path, "date;spx;vix\n2022-05-02;4.155;30,5\n", "told.csv")
    assert read_table(told, record_layout()).rows[0].number("spx") == 4155.0


def test_dates_with_two_digits_of_year() -> None:
    assert parse_day("19.10.87", "dmy") == date(1987, 10, 19)
    assert parse_day("3-Jan-05") == date(2005, 1, 3)
    with pytest.raises(NotADate):
        parse_day("tomorrow")


def test_a_year_of_two_digits_in_front_is_no_day(tmp_path: Path, expected: list[tuple[float | None, ...]]) -> None:
    for form in (dated(lambda day: day[2:]), dated(lambda day: day[2:].replace("-", "/"))):
        with pytest.raises(UserError, match=r":2: date: dates may begin with a year of two digits \(22.05.02\)"):
            from_history(write(tmp_path, form))
    short = dated(lambda day: f"{day[8:]}-{day[5:7]}-{day[2:4]}")  # the day varies, not the year
    assert levels(from_history(write(tmp_path, short), dates="dmy")) == expected
    with pytest.raises(UserError, match="dates: must be one of mdy, dmy, iso, got 'ymd'"):
        from_history(write(tmp_path, short), dates="ymd")


def test_the_quantity_of_a_listed_option_is_said_to_be_units(tmp_path: Path, may: Scenario) -> None:
    taken = take_book(may, write(tmp_path, BOOKS["a symbol"], "book.csv"))
    assert any("is taken in units; call the column `contracts`" in note for note in taken.notes)


def test_a_serial_number_with_a_time_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r":2: date: is a spreadsheet's serial number.*\(44683 is 2022-05-02\)"):
        from_history(write(tmp_path, RECORD.replace("2022-05-02", "44683.666667")))


@pytest.mark.parametrize(
    ("start", "said"),
    [("<!DOCTYPE html><html>", "a web page"), ("\ufeff <HTML><body>", "a web page"), ('[{"spx": 1}]', "JSON")],
)
def test_what_is_no_table_is_called_by_its_name(tmp_path: Path, start: str, said: str) -> None:
    with pytest.raises(UserError, match=f"is {said}, not a CSV file"):
        read_record_rows(write(tmp_path, start + "\n" + RECORD))


def test_a_column_may_be_called_as_a_parquet_file_begins(tmp_path: Path) -> None:
    text = "par1y,par10y\n4.1,4.3\n"
    assert read_text(write(tmp_path, text)) == (text, [])


def test_a_number_for_nothing_is_to_be_left_empty(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r":4: us2y: .*got -999.0; leave the cell empty where nothing was recorded"):
        from_history(write(tmp_path, RECORD.replace("2.66", "-999")))


@pytest.mark.parametrize("text", ["#NV", "#N/D", "#WERT!", "#VALEUR!", "#¡VALOR!", "n.v.", "k.A.", "...", "- -", "N/M"])
def test_what_spreadsheets_of_other_languages_have_for_nothing(text: str) -> None:
    assert is_missing(text)
    assert decimal_mark(text) is None


@pytest.mark.parametrize("text", ["SPX", "SPX220617X03800000", "SPX221317P03800000", "220617P03800000", ""])
def test_what_is_no_symbol(text: str) -> None:
    assert parse_symbol(text) is None
