import { describe, expect, it } from 'vitest';
import { link, ours, parse, routeOf } from './router';

describe('routes', () => {
  it.each([
    ['', { page: 'start' }],
    ['/', { page: 'start' }],
    ['/endpoints', { page: 'start' }],
    ['/endpoints/flights', { page: 'endpoint', name: 'flights' }],
    ['/experiments/2', { page: 'experiment', id: '2' }],
    ['/experiments', { page: 'experiments' }],
    ['/compare', { page: 'compare' }],
    ['/models', { page: 'models' }],
    ['/models/a%20b', { page: 'model', name: 'a b' }],
    ['/models/a%3Fb/versions/3', { page: 'version', name: 'a?b', version: '3' }],
    ['/models/a/versions', { page: 'model', name: 'a' }],
    ['/runs/abc', { page: 'run', id: 'abc' }],
    ['/account/tokens', { page: 'tokens' }],
    ['/account/password', { page: 'password' }],
    ['/admin/users', { page: 'users' }],
    ['/admin/audit', { page: 'audit' }],
    ['/admin', { page: 'unknown', path: '/admin' }],
    ['/elsewhere', { page: 'unknown', path: '/elsewhere' }],
    ['/endpoints/100%', { page: 'endpoint', name: '100%' }],
  ])('%s', (path, route) => expect(routeOf(path)).toEqual(route));

  it('lead back to any name', () => {
    const name = 'a/b?c#d <img> 100 %';
    const { route, params } = parse(`${link.endpoint(name)}?rollout=3`);
    expect(route).toEqual({ page: 'endpoint', name });
    expect(params.get('rollout')).toBe('3');
  });
});

describe('links of MLflow', () => {
  it.each([
    ['#/experiments/2/runs/abc', '#/runs/abc'],
    ['#/experiments/2/runs/abc/artifacts/model', '#/runs/abc'],
    ['#/experiments/2/runs', '#/experiments/2'],
    ['#/experiments/2/models/m-1', '#/experiments/2'],
    ['#/compare-runs?runs=["a","b"]&experiments=["2"]', '#/compare?runs=a,b'],
    ['#/compare-runs?runs=%5B%22a%22%5D', '#/compare?runs=a'],
    ['#/compare-runs?runs=[1,{"x":2},"a"]', '#/compare?runs=a'],
    ['#/compare-runs', '#/compare?runs='],
    ['#/experiments/2/runs/a%2F%3Fb', '#/runs/a%2F%3Fb'],
    ['#/models/a%20b/serving', '#/models/a%20b'],
    ['#/models/m/versions', '#/models/m'],
    ['#/models/m/versions/3/artifacts', '#/models/m/versions/3'],
    ['#/compare-model-versions?name=%22m%20n%22&runs={"a":"1","b":"2"}',
      '#/compare?runs=a,b&model=m%20n&of=1&of=2'],
    ['#/compare-model-versions?name=m&runs=3', '#/compare?runs='],
  ])('%s', (theirs, own) => expect(ours(theirs)).toBe(own));

  it.each(['', '#/', '#/experiments', '#/experiments/2?filter=a', '#/runs/abc', '#/models', '#/models/m',
    '#/models/m/versions/3'])(
    'leave ours alone: %s', (own) => expect(ours(own)).toBeUndefined());
});
