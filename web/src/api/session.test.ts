import { describe, expect, it } from 'vitest';
import type { Me } from './accounts';
import { ApiError } from './client';
import { sessionAfter, type Session } from './session';

const ADA: Me = { accounts: true, name: 'ada', role: 'viewer', admin: false, scope: 'admin' };
const NOBODY: Me = { accounts: true, role: 'none', admin: false, scope: 'admin' };
const OPEN: Me = { accounts: false, role: 'maintainer', admin: false, scope: 'operate' };
const asking: Session = { state: 'asking' };
const ada = sessionAfter(asking, ADA);
const away = new ApiError(0, 'the server does not answer');
const refused = new ApiError(401, 'these credentials open nothing');

describe('a session', () => {
  it('begins as what the server says', () => {
    expect(ada).toMatchObject({ state: 'in', me: { name: 'ada' } });
    expect(sessionAfter(asking, NOBODY)).toEqual({ state: 'out', ended: false });
    expect(sessionAfter(asking, OPEN)).toEqual({ state: 'open', me: OPEN });
    expect(sessionAfter(asking, away)).toMatchObject({ state: 'unreachable' });
  });

  it('ends when its cookie opens nothing any more, and says so until somebody signs in', () => {
    const ended = sessionAfter(ada, refused);
    expect(ended).toEqual({ state: 'out', ended: true });
    expect(sessionAfter(ada, NOBODY)).toEqual({ state: 'out', ended: true });
    expect(sessionAfter(ended, refused)).toBe(ended);
    expect(sessionAfter(ended, ADA)).toEqual(ada);
    // A browser that comes back after days has an old cookie, and nothing that could have ended.
    expect(sessionAfter(asking, refused)).toEqual({ state: 'out', ended: false });
  });

  it('lives on while the server is away', () => {
    expect(sessionAfter(ada, away)).toBe(ada);
    expect(sessionAfter(ada, new ApiError(503, 'starting'))).toBe(ada);
  });

  it('stays the same thing while nothing changes, and follows a new role', () => {
    expect(sessionAfter(ada, { ...ADA })).toBe(ada);
    expect(sessionAfter(ada, { ...ADA, role: 'editor' })).toMatchObject({ me: { role: 'editor' } });
    expect(sessionAfter(sessionAfter(asking, OPEN), NOBODY)).toEqual({ state: 'out', ended: false });
  });
});
