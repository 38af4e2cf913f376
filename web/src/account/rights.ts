// What a role allows, and in which words a page says that it does not. The server decides; this only
// keeps people from asking in vain.

import { ROLES, type Level, type Me, type Role, type Scope, type User } from '../api/accounts';

export const ROLE_WORDS: Record<Role, string> = {
  none: 'Sees only what is granted on single objects.',
  viewer: 'Reads everything.',
  editor: 'Reads everything, calls models, creates and changes; manages what it has made.',
  maintainer: 'Manages everything, runs pipelines, defines endpoints, moves traffic.',
  admin: 'All that, and accounts and the audit trail.',
};

export const SCOPE_WORDS: Record<Scope, string> = {
  invoke: 'Calls models, nothing else: for an application that asks for predictions.',
  read: 'Reads, and changes nothing: for a dashboard or a report.',
  write: 'Logs runs, registers and calls models, changes and deletes: for training with MLflow.',
  operate: 'All that, runs pipelines and moves traffic: for deployments.',
  admin: 'All that its account may do, accounts included.',
};

export const LEVEL_WORDS: Record<Level, string> = {
  none: 'nothing, whatever the role says',
  read: 'see it',
  use: 'see and call it',
  edit: 'see, call and change it',
  manage: 'everything, deleting and sharing included',
};

export const administers = (me: Me): boolean => me.admin || me.role === 'admin';

// Why somebody cannot do what needs a role; nothing when they can.
export function lacks(me: Me, role: Role): string | undefined {
  if (me.admin || ROLES.indexOf(me.role) >= ROLES.indexOf(role)) return undefined;
  return `This needs the role ${role}; ${standing(me)}.`;
}

// "your role is viewer"
export function standing(me: Me): string {
  return me.role === 'none' ? 'you have no role yet' : `your role is ${me.role}`;
}

// What a token may be for: nothing is gained by a scope beyond what its account may do.
export function lacksScope(me: Me, scope: Scope): string | undefined {
  if (scope === 'admin') return lacks(me, 'admin');
  return scope === 'operate' ? lacks(me, 'maintainer') : undefined;
}

// Why somebody who administers accounts cannot change this one.
export function untouchable(me: Me, user: User): string | undefined {
  if (user.admin && !me.admin) return 'Only an administrator of the server may change another one.';
  return undefined;
}

// What nobody should do to themselves: it takes another one to undo it.
export function ownAccount(me: Me, user: User): string | undefined {
  return user.name === me.name ? 'This is your own account; ask another administrator.' : undefined;
}

export function roleOf({ admin, role }: { admin: boolean; role: Role }): string {
  return admin ? 'server admin' : role === 'none' ? 'no role' : role;
}
