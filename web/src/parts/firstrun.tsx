// What a list without runs or models says: how the first one comes.

import { session } from '../api/session';
import { registerSnippet } from '../registry/words';
import { link } from '../router';
import { Snippet } from './bits';

// A name as Python takes it between quotes.
const python = (text: string) => JSON.stringify(text);

const snippet = (url: string, experiment: string) => `# pip install mlflow
import mlflow

mlflow.set_tracking_uri(${python(url)})
mlflow.set_experiment(${python(experiment)})
with mlflow.start_run():
    mlflow.log_param("rate", 0.1)
    for step in range(50):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)`;

function First({ label, snippet: text, waiting }: {
  label: string; snippet: string; waiting: string;
}) {
  return (
    <div class="first-run">
      {session.value.state === 'in' && (
        <p>
          The client signs in by <code>MLFLOW_TRACKING_TOKEN</code>: make a token for <b>write</b>{' '}
          among <a href={link.tokens}>your tokens</a>.
        </p>
      )}
      <Snippet label={label} text={text} />
      <p class="soft" role="status">{waiting}</p>
    </div>
  );
}

export const FirstRun = ({ experiment }: { experiment: string }) => (
  <First label="Python: log a run" snippet={snippet(location.origin, experiment)}
    waiting="Waiting for the first run; it is seen here as it begins." />
);

export const FirstVersion = ({ model }: { model: string }) => (
  <First label="Python: register a model" snippet={registerSnippet(location.origin, model)}
    waiting="Waiting for the first version; it is seen here as it is registered." />
);
