// What the pages about accounts have in common.

import type { ComponentChildren } from 'preact';
import type { Me } from '../api/accounts';
import { administers, lacks } from '../account/rights';
import { session } from '../api/session';
import { link } from '../router';
import { Closed, Snippet } from './bits';

// Where there is nobody to sign in as.
export function NoAccounts() {
  return (
    <div class="empty">
      <h1>No accounts</h1>
      <p class="lead">
        This server has no accounts: whoever is on its machine may use it. The first account closes
        it to everybody else, and is needed before it listens on any other address.
      </p>
      <Snippet label="Shell: make the first administrator" text="rondo user create NAME --admin" />
      <p class="soft">
        Run it on the server's machine, beside its data folder. Until then, what runs code or moves traffic takes the token of the data folder.
      </p>
    </div>
  );
}

// A page for administrators alone.
export function ForAdministrators({ title, children }: {
  title: string; children: (me: Me & { name: string }) => ComponentChildren;
}) {
  const now = session.value;
  if (now.state !== 'in') return <NoAccounts />;
  if (!administers(now.me)) {
    return <Closed title={title} why={lacks(now.me, 'admin') ?? ''} />;
  }
  return <>{children(now.me)}</>;
}

export function AdminTabs({ at }: { at: 'users' | 'audit' }) {
  return (
    <nav class="segments" aria-label="Administration">
      <a href={link.users} aria-current={at === 'users' ? 'page' : undefined}>Users</a>
      <a href={link.audit} aria-current={at === 'audit' ? 'page' : undefined}>Audit trail</a>
    </nav>
  );
}
