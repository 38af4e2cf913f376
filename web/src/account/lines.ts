// Lines to paste for who has just made a token.

import type { Scope } from '../api/accounts';

export interface Lines {
  title: string;
  text: string;
}

const bearer = '-H "authorization: Bearer $RONDO_TOKEN"';

export function linesFor(url: string, secret: string, scope: Scope): Lines[] {
  const keep = `export RONDO_TOKEN=${secret}`;
  if (scope === 'invoke') {
    return [{
      title: 'Ask an endpoint for a prediction',
      text: `${keep}\ncurl ${bearer} -H "content-type: application/json" \\\n` +
        `  -d '{"inputs": [[0.7, 0.2]]}' ${url}/endpoints/NAME/invocations`,
    }];
  }
  return [
    {
      title: 'MLflow clients',
      text: `export MLFLOW_TRACKING_URI=${url}\nexport MLFLOW_TRACKING_TOKEN=${secret}`,
    },
    { title: 'curl', text: `${keep}\ncurl ${bearer} ${url}/api/rondo/v1/me` },
    { title: 'The command line', text: `export RONDO_URL=${url}\n${keep}` },
  ];
}
