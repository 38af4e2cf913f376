import { expect, it } from 'vitest';
import { linesFor } from './lines';

const URL = 'https://rondo.example';

it('are for the clients that a scope is good for', () => {
  const [mlflow, curl, rondo] = linesFor(URL, 'rondo_pat_x', 'write');
  expect(mlflow?.text).toBe(
    'export MLFLOW_TRACKING_URI=https://rondo.example\nexport MLFLOW_TRACKING_TOKEN=rondo_pat_x');
  expect(curl?.text).toContain('export RONDO_TOKEN=rondo_pat_x\ncurl ');
  expect(rondo?.text).toBe('export RONDO_URL=https://rondo.example\nexport RONDO_TOKEN=rondo_pat_x');
  const asking = linesFor(URL, 'rondo_pat_x', 'invoke');
  expect(asking).toHaveLength(1);
  expect(asking[0]?.text).toContain('https://rondo.example/endpoints/NAME/invocations');
});
