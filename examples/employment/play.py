"""The employment example: a healthy champion, a yearly retraining, and a gain too small for 5 %."""

import sys
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "common")]

from employment import FEATURES, load  # noqa: E402
from example import Example, option_parser, say  # noqa: E402

UTC = timezone.utc
FIRST_DAY = datetime(2016, 1, 1, tzinfo=UTC)
LAST_DAY = datetime(2018, 12, 31, tzinfo=UTC)


def main():
    options = option_parser(__doc__).parse_args()
    example = Example("employment", HERE, "employed", FEATURES)
    say("reading the census of 2015 to 2018")
    frame = load()
    example.push_history(frame[frame["event_time"] < FIRST_DAY], "the year 2015")
    example.define()
    example.train_first_champion()
    example.play(frame[frame["event_time"] >= FIRST_DAY], FIRST_DAY, LAST_DAY, options.until)


if __name__ == "__main__":
    main()
