"""The training task of the flights pipeline."""

from training import main

FEATURES = ["sched_dep_minutes", "sched_arr_minutes", "weekday", "carrier", "origin", "dest",
            "distance", "wind_speed", "precip", "visib"]

if __name__ == "__main__":
    main(FEATURES)
