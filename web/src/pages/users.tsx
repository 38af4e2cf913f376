// Users, for administrators: who there is, making one, and everything about one of them.

import { useEffect, useMemo, useState } from 'preact/hooks';
import {
  accounts, ROLES, type Grant, type Me, type Role, type Token, type User, type UserKind,
} from '../api/accounts';
import { resource, type Resource } from '../api/resource';
import { ROLE_WORDS, roleOf } from '../account/rights';
import { AdminTabs, ForAdministrators } from '../parts/accounts';
import { NotRead, Pill, Skeleton } from '../parts/bits';
import { Button, Check, Form, Password, Select, Text, useAction } from '../parts/form';
import { UserDetail } from '../parts/user';
import { link, param } from '../router';
import { NEW_PASSWORD, NEW_PASSWORD_HINT } from './password';

export interface Everybody {
  users: User[];
  tokens: Token[];
  grants: Grant[];
}

function NewUser({ me, made }: { me: Me; made: (name: string) => void }) {
  const [name, setName] = useState('');
  const [kind, setKind] = useState<UserKind>('person');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');
  const [admin, setAdmin] = useState(false);
  const [done, setDone] = useState<string>();
  const action = useAction(async () => {
    setDone(undefined);
    const user = await accounts.createUser({
      name: name.trim(), kind, role, admin, ...(kind === 'person' ? { password } : {}),
    });
    setName('');
    setPassword('');
    setAdmin(false);
    setDone(`${user.name} is made.`);
    made(user.name);
  });
  return (
    <Form action={action} done={done} label="New user">
      <Text label="Name" value={name} onInput={setName} required maxLength={64} autocomplete="off"
        hint="Letters, digits and . _ - @ +" />
      <Select label="Kind" value={kind} onChange={setKind} options={[
        ['person', 'person: signs in with a password'],
        ['service', 'service: a program, let in by tokens alone'],
      ]} />
      <Select label="Role" value={role} onChange={setRole} hint={ROLE_WORDS[role]}
        options={ROLES.map((of) => [of, of])} />
      {kind === 'person' && (
        <Password label="Password" required autocomplete="new-password" {...NEW_PASSWORD}
          hint={`${NEW_PASSWORD_HINT} It can be changed after the first sign-in.`} value={password}
          onInput={setPassword} />
      )}
      <Check label="Administrator of the server: may do everything everywhere" checked={admin}
        onChange={setAdmin} why={me.admin ? undefined
          : 'Only an administrator of the server may make another one.'} />
      <div class="buttons">
        <Button submit kind="main-button" busy={action.busy}>Make the user</Button>
      </div>
    </Form>
  );
}

function countOf(tokens: readonly Token[], user: User): number {
  return tokens.filter((t) => t.user === user.name && t.kind !== 'session').length;
}

function Table({ all, chosen }: { all: Everybody; chosen: string | undefined }) {
  return (
    <table class="users">
      <thead>
        <tr>
          <th scope="col">Name</th><th scope="col">Role</th><th scope="col">State</th>
          <th scope="col" class="count">Tokens</th>
        </tr>
      </thead>
      <tbody>
        {all.users.map((user) => (
          <tr key={user.name} class={user.name === chosen ? 'chosen' : ''}>
            <th scope="row">
              <a href={link.user(user.name)} aria-current={user.name === chosen || undefined}>
                {user.name}
              </a>
              {user.kind === 'service' && <span class="soft"> service</span>}
            </th>
            <td>{roleOf(user)}</td>
            <td>{user.disabled ? <Pill tone="bad">locked</Pill> : 'open'}</td>
            <td class="count">{countOf(all.tokens, user)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// "3 people, 1 service; 1 locked"
function sumOf(users: readonly User[]): string {
  const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;
  const services = users.filter((u) => u.kind === 'service').length;
  const locked = users.filter((u) => u.disabled).length;
  return [
    count(users.length - services, 'person', 'people'), count(services, 'service', 'services'),
    ...(locked > 0 ? [`${locked} locked`] : []),
  ].join(', ');
}

function Users({ me }: { me: Me & { name: string } }) {
  const all: Resource<Everybody> = useMemo(() => resource(async () => {
    const [users, tokens, grants] = await Promise.all(
      [accounts.users(), accounts.tokens(), accounts.grants()]);
    return { users, tokens, grants };
  }), []);
  useEffect(() => void all.refresh(), [all]);
  const value = all.value.value;
  if (!value) {
    return all.error.value ? <NotRead error={all.error.value} retry={() => void all.refresh()} />
      : <><Skeleton height={60} /><Skeleton height={300} /></>;
  }
  const name = param('user');
  const chosen = value.users.find((user) => user.name === name);
  return (
    <>
      <header class="page-head">
        <h1>Users</h1>
        <p class="lead">{sumOf(value.users)}.</p>
        <AdminTabs at="users" />
      </header>
      <div class="columns halves">
        <div class="column">
          <section class="card" aria-label="All users">
            <Table all={value} chosen={name} />
          </section>
        </div>
        <div class="column">
          {chosen
            ? <UserDetail key={chosen.name} user={chosen} me={me} refresh={() => all.refresh()}
                grants={value.grants.filter((grant) => grant.user === chosen.name)} />
            : (
              <section class="card" aria-labelledby="new-user">
                <h2 id="new-user">New user</h2>
                {name !== undefined && <p class="soft">There is no user {name} any more.</p>}
                <NewUser me={me} made={() => void all.refresh()} />
              </section>
            )}
        </div>
      </div>
    </>
  );
}

export function UsersPage() {
  useEffect(() => {
    document.title = 'Users – Rondo';
  }, []);
  return <ForAdministrators title="Users">{(me) => <Users me={me} />}</ForAdministrators>;
}
