"""Filters and orders in MLflow's search language, mostly good ones."""

import world as pools

NUMERIC = ["=", "!=", ">", ">=", "<", "<="]
TEXTUAL = ["=", "!=", "LIKE", "ILIKE", "like"]


class Filters:
    def __init__(self, world):
        self.world, self.chance = world, world.chance

    def key(self, name):
        if any(c in name for c in " /.-:") or self.chance.random() < 0.2:
            return self.chance.choice(["`{}`", '"{}"']).format(name)
        return name

    def literal(self, text):
        quote = '"' if "'" in text else "'"
        return f"{quote}{text}{quote}"

    def pattern(self, value, operator):
        if operator.upper() in ("LIKE", "ILIKE") and self.chance.random() < 0.7:
            value = self.chance.choice(["%" + value, value + "%", f"%{value[:2]}%", "_" + value[1:], "%"])
        return self.literal(value)

    def textual(self, left, values):
        operator = self.chance.choice(TEXTUAL)
        return f"{left} {operator} {self.pattern(self.chance.choice(values), operator)}"

    def numeric(self, left, values):
        return f"{left} {self.chance.choice(NUMERIC)} {self.chance.choice(values)}"

    def null(self, left):
        return f"{left} {self.chance.choice(['IS NULL', 'IS NOT NULL'])}"

    def listed(self, left, values):
        chosen = self.chance.sample(values, min(len(values), self.chance.randint(1, 2)))
        return f"{left} {self.chance.choice(['IN', 'NOT IN'])} ({', '.join(map(self.literal, chosen))})"

    def word(self, *names):
        return self.chance.choice(names)

    # One comparison of each entity.

    def of_run(self):
        metric = self.word("metrics", "metric") + "." + self.key(self.world.key())
        param = self.word("params", "param", "parameters", "parameter") + "." + self.key(self.world.key())
        tag = self.word("tags", "tag") + "." + self.key(self.world.tag_key())
        attribute = self.word("attributes.", "attribute.", "attr.", "run.", "")
        return self.chance.choice([
            lambda: self.numeric(metric, ["0", "1", "0.5", "-1", "1e3", "2.5"]),
            lambda: self.textual(param, pools.VALUES[:6]),
            lambda: self.textual(tag, pools.VALUES[:6]),
            lambda: self.null(self.chance.choice([param, tag])),
            lambda: self.textual(attribute + self.word("status"), ["RUNNING", "FINISHED"]),
            lambda: self.textual(attribute + self.word("run_name", "`run name`", "`Run name`", "run_name"), pools.RUN_NAMES),
            lambda: self.numeric(attribute + self.word("start_time", "end_time", "created", "Created"), ["0", "1700000000000", "5000"]),
            lambda: self.textual(attribute + "user_id", ["someone", ""]),
            lambda: self.textual(attribute + "artifact_uri", ["mlflow-artifacts:/"]),
            lambda: self.textual(self.word("datasets", "dataset") + "." + self.word("name", "digest", "context"),
                                 ["train", "test", "d1", "eval"]),
            lambda: self.listed("dataset." + self.word("name", "digest", "context"), ["train", "d1", "eval"]),
        ])()

    def of_experiment(self):
        attribute = self.word("attributes.", "attribute.", "")
        return self.chance.choice([
            lambda: self.textual(attribute + "name", pools.EXPERIMENT_NAMES),
            lambda: self.numeric(attribute + self.word("creation_time", "last_update_time"), ["0", "5000"]),
            lambda: self.textual(self.word("tags.", "tag.") + self.key(self.world.tag_key()), pools.VALUES[:6]),
            lambda: self.null("tags." + self.key(self.world.tag_key())),
        ])()

    def of_model(self):
        return self.chance.choice([
            lambda: self.textual(self.word("name", "name", "attribute.name"), pools.MODEL_NAMES),
            lambda: self.textual(self.word("tags.", "tag.") + self.key(self.world.tag_key()), pools.VALUES[:6]),
        ])()

    def of_version(self):
        return self.chance.choice([
            lambda: self.textual("name", pools.MODEL_NAMES),
            lambda: self.numeric("version_number", ["1", "2", "3"]),
            lambda: self.textual("run_id", ["x", "y"]),
            lambda: self.listed("run_id", ["x", "y"]),
            lambda: self.textual("source_path", ["mlflow-artifacts:/0", "models"]),
            lambda: self.textual("tags." + self.key(self.world.tag_key()), pools.VALUES[:6]),
        ])()

    def of_logged_model(self):
        return self.chance.choice([
            lambda: self.textual(self.word("attributes.", "") + "name", ["booster", "linear"]),
            lambda: self.textual("model_type", ["agent", ""]),
            lambda: self.textual("status", ["READY", "PENDING"]),
            lambda: self.numeric(self.word("creation_timestamp", "creation_time", "last_updated_timestamp"), ["0", "5000"]),
            lambda: self.numeric("metrics." + self.key(self.world.key()), ["0", "1", "0.5"]),
            lambda: self.textual("params." + self.key(self.world.key()), pools.VALUES[:6]),
            lambda: self.textual("tags." + self.key(self.world.tag_key()), pools.VALUES[:6]),
            lambda: f'tags."{self.world.tag_key()}" != \'nobody has it\'',
        ])()

    def filter(self, of):
        if self.chance.random() < 0.15:
            return ""
        parts = [of() for _ in range(self.chance.choice([1, 1, 1, 2, 3]))]
        text = self.chance.choice([" AND ", " and "]).join(parts)
        return self.broken(text) if self.chance.random() < 0.12 else text

    def broken(self, text):
        at = self.chance.randrange(len(text) + 1)
        return self.chance.choice([
            lambda: text[:at], lambda: text[:at] + self.chance.choice(["'", "(", ")", "`", ";", " OR ", "=", "."]) + text[at:],
            lambda: text + " AND", lambda: "AND " + text, lambda: text.replace("'", ""),
            lambda: text.replace(".", "", 1), lambda: "unknown." + text, lambda: text + " OR " + text,
            lambda: f"({text})", lambda: "nonsense", lambda: text.replace(" ", "", 1)])()

    # Orders.

    def direction(self):
        return self.chance.choice(["", " ASC", " DESC", " asc", " desc"])

    def order(self, columns, most=2):
        chosen = self.chance.sample(columns, self.chance.randint(0, min(most, len(columns))))
        made = [column + self.direction() for column in chosen]
        if made and self.chance.random() < 0.08:
            made[0] = self.chance.choice(["nonsense", made[0] + " UP", "", made[0] + " DESC", made[0] + " x y"])
        return made

    def order_of_runs(self):
        return self.order(["start_time", "attributes.start_time", "attributes.end_time", "attribute.status", "run_name",
                           "metrics.loss", "metrics.`val/loss`", "params.acc", "tags.team", "attributes.run_name",
                           "end_time", "user_id"])

    def order_of_experiments(self):
        return self.order(["name", "experiment_id", "creation_time", "last_update_time", "attributes.name"])

    def order_of_models(self):
        return self.order(["name", "timestamp", "last_updated_timestamp", "creation_timestamp"])

    def order_of_versions(self):
        return self.order(["name", "version_number", "creation_timestamp", "last_updated_timestamp"])

    def order_of_logged_models(self):
        fields = ["name", "creation_timestamp", "creation_time", "last_updated_timestamp", "metrics.loss", "metrics.acc",
                  "nonsense"]
        made = []
        for field in self.chance.sample(fields, self.chance.randint(0, 2)):
            order = {"field_name": field}
            if self.chance.random() < 0.6:
                order["ascending"] = self.world.flag()
            if field.startswith("metrics") and self.chance.random() < 0.3:
                order["dataset_name"] = "train"
            made.append(order)
        return made
