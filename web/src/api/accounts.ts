// What the server says about accounts, and the calls that change them.

import { asJson, NATIVE, request } from './client';

export const ROLES = ['none', 'viewer', 'editor', 'maintainer', 'admin'] as const;
export type Role = (typeof ROLES)[number];
export const SCOPES = ['invoke', 'read', 'write', 'operate', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
export const LEVELS = ['none', 'read', 'use', 'edit', 'manage'] as const;
export type Level = (typeof LEVELS)[number];
export const OBJECTS = ['experiment', 'model', 'endpoint', 'pipeline', 'dataset'] as const;
export type ObjectKind = (typeof OBJECTS)[number];
export type UserKind = 'person' | 'service';

export interface Me {
  accounts: boolean;
  name?: string; // absent: nobody has signed in
  role: Role;
  admin: boolean;
  scope: Scope;
}

export interface User {
  name: string;
  kind: UserKind;
  admin: boolean;
  disabled: boolean;
  role: Role;
  created: string;
  updated: string;
}

export interface Token {
  id: number;
  user: string;
  kind: 'personal' | 'session' | 'task';
  name: string;
  scope: Scope;
  created: string;
  expires?: string;
  last_used?: string;
}

export interface Grant {
  user: string;
  object: ObjectKind;
  name: string;
  level: Level;
}

export interface AuditRow {
  id: number;
  at: string;
  actor: string;
  token_id?: number;
  address: string;
  action: string;
  object: string;
  outcome: 'asked' | 'done' | 'failed' | 'refused';
  of?: number; // the row that says what was asked
  detail: string;
  hash: string;
}

export interface AuditVerdict {
  rows: number;
  whole: boolean;
  broken_at?: number;
}

// An experiment's own kind takes ids as well; its name could be another one's id.
const named = (object: ObjectKind) => (object === 'experiment' ? 'experiment_name' : object);
const user = (name: string) => `${NATIVE}/users/${encodeURIComponent(name)}`;

export const accounts = {
  changeOwnPassword: (old_password: string, password: string) =>
    request(`${NATIVE}/me/password`, asJson('PUT', { old_password, password })),
  users: () => request<{ users: User[] }>(`${NATIVE}/users`).then((a) => a.users),
  createUser: (wanted: {
    name: string; kind: UserKind; role: Role; admin: boolean; password?: string;
  }) => request<User>(`${NATIVE}/users`, asJson('POST', wanted)),
  changeUser: (name: string, change: { role?: Role; admin?: boolean; disabled?: boolean }) =>
    request<User>(user(name), asJson('PATCH', change)),
  setPassword: (name: string, password: string) =>
    request(`${user(name)}/password`, asJson('PUT', { password })),
  deleteUser: (name: string) => request(user(name), { method: 'DELETE' }),
  // Of everybody for an administrator who names nobody.
  tokens: (of?: string) => request<{ tokens: Token[] }>(
    `${NATIVE}/tokens${of === undefined ? '' : `?user=${encodeURIComponent(of)}`}`)
    .then((a) => a.tokens),
  createToken: (wanted: { user: string; name: string; scope: Scope; expires_in?: string }) =>
    request<{ secret: string; token: Token }>(`${NATIVE}/tokens`, asJson('POST', wanted)),
  revokeToken: (id: number) => request(`${NATIVE}/tokens/${id}`, { method: 'DELETE' }),
  grants: () => request<{ grants: Grant[] }>(`${NATIVE}/grants`).then((a) => a.grants),
  putGrant: ({ object, ...more }: Grant) =>
    request(`${NATIVE}/grants`, asJson('PUT', { object: named(object), ...more })),
  revokeGrant: ({ user: of, object, name }: Grant) =>
    request(`${NATIVE}/grants/revoke`, asJson('POST', { user: of, object: named(object), name })),
  audit: (before: number, limit: number) =>
    request<{ rows: AuditRow[] }>(`${NATIVE}/audit?before=${before}&limit=${limit}`)
      .then((a) => a.rows),
  checkAudit: () => request<AuditVerdict>(`${NATIVE}/audit/check`),
};
