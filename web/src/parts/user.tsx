// Everything about one user that an administrator may change.

import { useEffect, useRef, useState } from 'preact/hooks';
import {
  accounts, LEVELS, OBJECTS, ROLES, type Grant, type Level, type Me, type ObjectKind, type Role,
  type User,
} from '../api/accounts';
import { LEVEL_WORDS, ownAccount, ROLE_WORDS, roleOf, untouchable } from '../account/rights';
import { NEW_PASSWORD, NEW_PASSWORD_HINT } from '../pages/password';
import { link } from '../router';
import { Pill } from './bits';
import { Confirm } from './confirm';
import {
  Button, Check, Form, Password, PasswordOwner, Select, Text, useAction,
} from './form';
import { NewToken, TokenRows, useTokens, When } from './tokens';

interface Props {
  user: User;
  me: Me & { name: string };
  why: string | undefined; // it cannot be changed
  refresh: () => Promise<void>;
}

function RoleForm({ user, me, why, refresh }: Props) {
  const [role, setRole] = useState<Role>(user.role);
  const [admin, setAdmin] = useState(user.admin);
  const [done, setDone] = useState<string>();
  const closed = why ?? ownAccount(me, user);
  const action = useAction(async () => {
    setDone(undefined);
    await accounts.changeUser(user.name,
      { ...(role !== user.role ? { role } : {}), ...(admin !== user.admin ? { admin } : {}) });
    await refresh();
    setDone('Saved. It holds from the next request on.');
  });
  const same = role === user.role && admin === user.admin;
  return (
    <Form action={action} done={same ? done : undefined} label="Role">
      <Select label="Role" value={role} onChange={setRole} hint={ROLE_WORDS[role]} why={closed}
        options={ROLES.map((of) => [of, of])} />
      <Check label="Administrator of the server: may do everything everywhere" checked={admin}
        onChange={setAdmin} why={closed ?? (me.admin ? undefined
          : 'Only an administrator of the server may make another one.')} />
      <div class="buttons">
        <Button submit busy={action.busy} why={closed ?? (same ? 'Nothing has changed.' : undefined)}>
          Save the role
        </Button>
      </div>
    </Form>
  );
}

function PasswordForm({ user, why }: Props) {
  const [password, setPassword] = useState('');
  const [done, setDone] = useState<string>();
  const action = useAction(async () => {
    setDone(undefined);
    await accounts.setPassword(user.name, password);
    setPassword('');
    setDone('Set. Whoever was signed in has to sign in again.');
  });
  return (
    <Form action={action} done={done} label="Set password">
      <PasswordOwner name={user.name} />
      <Password label="New password" required autocomplete="new-password" {...NEW_PASSWORD}
        hint={NEW_PASSWORD_HINT} value={password} onInput={setPassword} />
      <div class="buttons">
        <Button submit busy={action.busy} why={why}>Set the password</Button>
      </div>
    </Form>
  );
}

function Grants({ user, grants, refresh }: Props & { grants: Grant[] }) {
  const [object, setObject] = useState<ObjectKind>('experiment');
  const [name, setName] = useState('');
  const [level, setLevel] = useState<Level>('read');
  const give = useAction(async () => {
    await accounts.putGrant({ user: user.name, object, name: name.trim(), level });
    await refresh();
    setName('');
  });
  const [asked, setAsked] = useState<Grant>();
  return (
    <>
      <p class="section-note">
        What counts on a single object instead of the role: more than it, or less.
      </p>
      {grants.length > 0 && (
        <ul class="rows">
          {grants.map((grant) => (
            <li key={`${grant.object} ${grant.name}`}>
              <p class="row-what">
                <span class="soft">{grant.object}</span> <b>{grant.name}</b>{' '}
                <Pill tone={grant.level === 'none' ? 'bad' : 'note'}>{grant.level}</Pill>
              </p>
              <Button onClick={() => setAsked(grant)}
                label={`Take back ${grant.level} on ${grant.object} ${grant.name}`}>
                Take back
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Form action={give} label="Grant on an object">
        <div class="side-by-side">
          <Select label="Kind" value={object} onChange={setObject}
            options={OBJECTS.map((of) => [of, of])} />
          <Text label="Its name" value={name} onInput={setName} required autocomplete="off" />
        </div>
        <Select label="Level" value={level} onChange={setLevel}
          options={LEVELS.map((of) => [of, `${of}: ${LEVEL_WORDS[of]}`])} />
        <div class="buttons"><Button submit busy={give.busy}>Grant it</Button></div>
      </Form>
      {asked && (
        <Confirm title={`Take back ${asked.level} on ${asked.name}?`} does="Take back"
          act={async () => {
            await accounts.revokeGrant(asked);
            await refresh();
          }}
          close={() => setAsked(undefined)}>
          The role of {user.name} counts on this {asked.object} again.
        </Confirm>
      )}
    </>
  );
}

function Lock({ user, me, why, refresh }: Props) {
  const lock = useAction(async () => {
    await accounts.changeUser(user.name, { disabled: !user.disabled });
    await refresh();
  });
  const [asked, setAsked] = useState(false);
  const closed = why ?? ownAccount(me, user);
  return (
    <>
      <p class="section-note">
        {user.disabled
          ? 'A locked account lets nobody in, and none of its tokens.'
          : 'Locking keeps everything and lets nobody in, until it is unlocked. Deleting takes the ' +
            'tokens and grants away as well; what the account has made stays.'}
      </p>
      {lock.error && <p class="refusal" role="alert">{lock.error}</p>}
      <div class="buttons">
        <Button busy={lock.busy} why={closed} onClick={() => void lock.run()}>
          {user.disabled ? 'Unlock' : 'Lock'}
        </Button>
        <Button kind="bad-button" why={closed} onClick={() => setAsked(true)}>Delete</Button>
      </div>
      {asked && (
        <Confirm title={`Delete ${user.name}?`} does="Delete" typed={user.name}
          act={async () => {
            await accounts.deleteUser(user.name);
            location.hash = link.users;
            await refresh();
          }}
          close={() => setAsked(false)}>
          Its tokens and grants go with it. This cannot be taken back.
        </Confirm>
      )}
    </>
  );
}

export function UserDetail({ user, me, refresh, grants }: Omit<Props, 'why'> & { grants: Grant[] }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  const tokens = useTokens(user.name);
  const [making, setMaking] = useState(false);
  const why = untouchable(me, user);
  const props = { user, me, why, refresh };
  const person = user.kind === 'person';
  return (
    <section class="card detail" aria-labelledby="user">
      <header>
        <h2 id="user" ref={title} tabIndex={-1}>{user.name}</h2>
        <a href={link.users}>Close</a>
      </header>
      <p class="under-lead soft">
        <span>{user.kind}</span><span>{roleOf(user)}</span>
        {user.disabled && <Pill tone="bad">locked</Pill>}
        <span>made <When at={user.created} /></span>
      </p>
      {why && <p class="held">{why}</p>}
      <h3>Role</h3>
      <RoleForm {...props} key={`${user.role} ${user.admin}`} />
      {person && <><h3>Password</h3><PasswordForm {...props} /></>}
      <h3>Tokens</h3>
      <TokenRows tokens={tokens} why={why} none={person ? 'None.'
        : 'None: nothing opens this service yet.'} />
      {making
        ? <NewToken user={user.name} me={me} made={() => {
            void tokens.refresh();
            void refresh();
          }} />
        : (
          <div class="buttons">
            <Button why={why} onClick={() => setMaking(true)}>Make a token</Button>
          </div>
        )}
      <h3>Grants</h3>
      <Grants {...props} grants={grants} />
      <h3>Lock or delete</h3>
      <Lock {...props} />
    </section>
  );
}
