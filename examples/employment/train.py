"""The training task of the employment pipeline."""

from training import main

FEATURES = ["AGEP", "SCHL", "MAR", "RELP", "DIS", "ESP", "CIT", "MIG", "MIL", "ANC", "NATIVITY",
            "DEAR", "DEYE", "DREM", "SEX", "RAC1P"]

if __name__ == "__main__":
    main(FEATURES)
