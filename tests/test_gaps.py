"""What a record may leave out: days on which its exchange was closed, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios import from_history
from scenarios.cli import main
from scenarios.studies.estimation.daily_record import read_record
from sim.errors import UserError
from sim.sessions import day_date, exchange_sessions


def lines(calendar: str, first: date, last: date) -> dict[date, str]:
    """A record with a line on every trading day of an exchange."""
    days = [day_date(int(n)) for n in exchange_sessions(calendar, first, last).days]
    chosen = [day for day in days if first <= day <= last]
    return {day: f"{day},{100 + i % 5},{20 + i % 3}" for i, day in enumerate(chosen)}


def write(folder: Path, rows: dict[date, str]) -> Path:
    path = folder / "record.csv"
    path.write_text("\n".join(["date,spx,vix", *rows.values()]) + "\n")
    return path


def test_four_days_of_september_2001_are_no_gap(tmp_path: Path) -> None:
    rows = lines("XNYS", date(2001, 8, 27), date(2001, 10, 5))
    assert date(2001, 9, 11) not in rows and date(2001, 9, 10) in rows and date(2001, 9, 17) in rows
    done = CliRunner().invoke(main, ["fit", str(write(tmp_path, rows))])
    assert done.exit_code == 0, done.output
    assert f"{len(rows)} days" in done.output


@pytest.mark.parametrize(("calendar", "year", "days"), [("XTKS", 2019, 244), ("XSHG", 2023, 243), ("24/7", 2021, 365)])
def test_golden_weeks_are_no_gap_on_their_own_calendar(tmp_path: Path, calendar: str, year: int, days: int) -> None:
    """Ten days of Tokyo in 2019, a week of Shanghai every October, and no day at all where there is no holiday."""
    path = write(tmp_path, lines(calendar, date(year, 4, 1), date(year, 11, 15)))
    assert read_record(path, calendar).days_a_year == days
    done = CliRunner().invoke(main, ["fit", str(path), "--calendar", calendar])
    assert done.exit_code == 0, done.output


def test_a_golden_week_is_a_gap_in_new_york_and_the_option_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, lines("XTKS", date(2019, 4, 1), date(2019, 11, 15)))
    with pytest.raises(UserError, match=r"every trading day of XNYS .*; another exchange: --calendar"):
        read_record(path)


def test_one_missing_session_is_told_by_its_date(tmp_path: Path) -> None:
    rows = lines("XNYS", date(2024, 1, 2), date(2024, 3, 28))
    del rows[date(2024, 2, 14)]
    with pytest.raises(UserError) as caught:
        read_record(write(tmp_path, rows))
    text = str(caught.value)
    assert "record.csv:32: date" in text
    assert "(2024-02-13 stands before), got '2024-02-15'; add 2024-02-14, with empty cells" in text
    rows[date(2024, 2, 14)] = "2024-02-14,,"
    rows = dict(sorted(rows.items()))
    assert len(read_record(write(tmp_path, rows)).days) == len(rows) - 1  # said to be unknown: left out


def test_many_blank_days_are_told_as_such(tmp_path: Path) -> None:
    rows = lines("XNYS", date(2024, 1, 2), date(2024, 3, 28))
    blank = [day for day in rows if date(2024, 2, 12) <= day <= date(2024, 2, 16)]
    rows |= {day: f"{day},100," for day in blank}
    with pytest.raises(UserError, match="spx or vix is empty on 5 trading days in a row"):
        read_record(write(tmp_path, rows))


def test_a_record_without_a_whole_line_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no line of the record has spx and vix; fill what is empty"):
        read_record(write(tmp_path, {date(2020, 2, 24): "2020-02-24,,25.03"}))


def test_a_half_year_without_lines_is_two_records(tmp_path: Path) -> None:
    rows = lines("XNYS", date(2024, 1, 2), date(2024, 1, 31)) | lines("XNYS", date(2024, 8, 1), date(2024, 8, 30))
    with pytest.raises(UserError, match="give the two parts as two files"):
        read_record(write(tmp_path, rows))


def test_a_calendar_that_does_not_exist_is_the_options_fault(tmp_path: Path) -> None:
    path = write(tmp_path, lines("XNYS", date(2024, 1, 2), date(2024, 3, 28)))
    done = CliRunner().invoke(main, ["fit", str(path), "--calendar", "NYSEE"])
    assert done.exit_code == 2 and "--calendar: no such exchange calendar, got 'NYSEE'" in done.output


def test_a_replay_says_which_sessions_have_no_close(tmp_path: Path) -> None:
    rows = lines("XNYS", date(2024, 1, 2), date(2024, 3, 28))
    whole = write(tmp_path, rows)
    assert not any("no close" in note for note in from_history(whole).notes)
    for day in (date(2024, 1, 10), *(date(2024, 2, d) for d in (12, 13, 14))):
        del rows[day]
    rows[date(2024, 3, 5)] = "2024-03-05,,21"  # a level, and no close
    notes = from_history(write(tmp_path, rows)).notes
    said = "record.csv: no close on 5 trading days, 3 in a row from 2024-02-12: between closes the median path goes"
    assert any(said in note for note in notes), notes


def test_a_replay_says_where_a_column_is_blank_for_long(tmp_path: Path) -> None:
    """A vendor's blank day is nothing to speak of; a vol that nobody told for weeks is."""
    rows = lines("XNYS", date(2024, 1, 2), date(2024, 3, 28))
    days = list(rows)
    for count, said in ((5, False), (6, True)):
        blank = {day: f"{day},100," for day in days[20 : 20 + count]}
        notes = from_history(write(tmp_path, rows | blank)).notes
        told = f"record.csv: vol is blank from {days[20]} to {days[19 + count]}: its storyline goes straight there"
        assert any(told in note for note in notes) is said, notes


def test_what_is_taken_as_given_is_so_before_the_first_day_too(tmp_path: Path) -> None:
    """`--as-given` holds for the closes that are only remembered."""
    rows = lines("XNYS", date(2023, 6, 1), date(2024, 3, 28))
    rows[date(2023, 11, 15)] = "2023-11-15,10.3,20"
    path, since = write(tmp_path, rows), date(2024, 2, 20)
    with pytest.raises(UserError, match=r"record\.csv:118: spx: a move of −89.*take it with --as-given"):
        from_history(path, since=since)
    notes = from_history(path, since=since, as_given=True).notes
    assert any("vol and credit remember 180 closes" in note for note in notes), notes
