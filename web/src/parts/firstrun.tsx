// What a list without runs says: how the first one comes.

import { session } from '../api/session';
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

export function FirstRun({ experiment }: { experiment: string }) {
  return (
    <div class="first-run">
      {session.value.state === 'in' && (
        <p>
          The client signs in by <code>MLFLOW_TRACKING_TOKEN</code>: make a token for <b>write</b>{' '}
          among <a href={link.tokens}>your tokens</a>.
        </p>
      )}
      <Snippet label="Python: log a run" text={snippet(location.origin, experiment)} />
      <p class="soft" role="status">Waiting for the first run; it is seen here as it begins.</p>
    </div>
  );
}
