import { describe, expect, it } from 'vitest';
import { link, parse, routeOf } from './router';

describe('routes', () => {
  it.each([
    ['', { page: 'start' }],
    ['/', { page: 'start' }],
    ['/endpoints', { page: 'start' }],
    ['/endpoints/flights', { page: 'endpoint', name: 'flights' }],
    ['/experiments/2', { page: 'experiment', id: '2' }],
    ['/experiments/2/runs/abc', { page: 'run', id: 'abc' }],
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
