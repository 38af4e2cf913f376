// Who is signed in, and what there is to do about that.

import { useEffect, useRef } from 'preact/hooks';
import { lacks, roleOf } from '../account/rights';
import { session, signOut } from '../api/session';
import { address, link } from '../router';
import { useFlap } from './flap';
import { useAction } from './form';

export function AccountMenu() {
  const now = session.value;
  return now.state === 'in' ? <Menu me={now.me} /> : null;
}

function Menu({ me }: { me: Extract<typeof session.value, { state: 'in' }>['me'] }) {
  const { open, setOpen, root } = useFlap();
  const button = useRef<HTMLButtonElement>(null);
  const leave = useAction(signOut);
  const { route } = address.value;
  const closed = lacks(me, 'admin');
  useEffect(() => setOpen(false), [route]);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open) return;
    setOpen(false);
    button.current?.focus();
  };
  const onFocusOut = (event: FocusEvent) => {
    if (event.relatedTarget && !root.current?.contains(event.relatedTarget as Node)) setOpen(false);
  };
  const forAdmins = (href: string, text: string) => closed === undefined
    ? <a href={href}>{text}</a>
    : <span role="link" aria-disabled="true" tabIndex={0} title={closed}>{text}</span>;
  return (
    <div class="account" ref={root} onKeyDown={onKey} onFocusOut={onFocusOut}>
      <button type="button" class="account-button" ref={button} aria-expanded={open}
        aria-controls="account-menu" title={`Signed in as ${me.name}, ${roleOf(me)}`}
        onClick={() => setOpen(!open)}>
        <span class="account-name">{me.name}</span>
        <span class="account-role soft">{roleOf(me)}</span>
      </button>
      <nav id="account-menu" class="account-menu" aria-label="Account" hidden={!open}>
        <p class="soft">{me.name}, {roleOf(me)}</p>
        <a href={link.tokens}>Your tokens</a>
        <a href={link.password}>Change password</a>
        {forAdmins(link.users, 'Users')}
        {forAdmins(link.audit, 'Audit trail')}
        <button type="button" onClick={() => void leave.run()}>Sign out</button>
        {leave.error && <p class="refusal" role="alert">{leave.error}</p>}
      </nav>
    </div>
  );
}
