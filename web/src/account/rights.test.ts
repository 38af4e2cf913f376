import { describe, expect, it } from 'vitest';
import type { Me, Role, User } from '../api/accounts';
import { administers, lacks, lacksScope, ownAccount, roleOf, untouchable } from './rights';

const me = (role: Role, admin = false): Me =>
  ({ accounts: true, name: 'ada', role, admin, scope: 'admin' });
const user = (name: string, admin = false): User => ({
  name, admin, kind: 'person', disabled: false, role: 'viewer', created: '', updated: '',
});

describe('a role', () => {
  it.each([
    ['viewer', 'maintainer', 'This needs the role maintainer; your role is viewer.'],
    ['none', 'admin', 'This needs the role admin; you have no role yet.'],
    ['maintainer', 'maintainer', undefined],
    ['admin', 'maintainer', undefined],
  ] as const)('%s for what needs %s', (role, needed, why) =>
    expect(lacks(me(role), needed)).toBe(why));

  it('matters nothing to an administrator of the server', () => {
    expect(lacks(me('none', true), 'admin')).toBeUndefined();
    expect(roleOf(me('viewer', true))).toBe('server admin');
    expect([me('none', true), me('admin'), me('maintainer')].map(administers))
      .toEqual([true, true, false]);
  });
});

it('makes scopes useless that go beyond it', () => {
  expect(lacksScope(me('viewer'), 'write')).toBeUndefined(); // a grant may allow it
  expect(lacksScope(me('editor'), 'operate')).toMatch('role maintainer');
  expect(lacksScope(me('maintainer'), 'admin')).toMatch('role admin');
  expect(lacksScope(me('maintainer'), 'operate')).toBeUndefined();
});

it('keeps administrators off what the server refuses, or what nobody could undo', () => {
  expect(untouchable(me('admin'), user('root', true))).toMatch('administrator of the server');
  expect(untouchable(me('admin', true), user('root', true))).toBeUndefined();
  expect(ownAccount(me('admin'), user('ada'))).toMatch('your own account');
  expect(ownAccount(me('admin'), user('bob'))).toBeUndefined();
});
