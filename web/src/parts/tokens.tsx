// The tokens of an account: what there are, making one, revoking one. For the own account and, for
// administrators, for others'.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { accounts, SCOPES, type Me, type Scope, type Token } from '../api/accounts';
import { resource, type Resource } from '../api/resource';
import { lacksScope, SCOPE_WORDS } from '../account/rights';
import { linesFor } from '../account/lines';
import { ago, day, moment } from '../format/time';
import { Moment, Pill, Problem, Skeleton, Snippet } from './bits';
import { Confirm } from './confirm';
import { Button, Form, Radios, Select, Text, useAction } from './form';

const DAYS = [['7d', '7 days'], ['30d', '30 days'], ['90d', '90 days'], ['365d', 'a year'],
  ['never', 'never']] as const;
type Days = (typeof DAYS)[number][0];

interface Made {
  secret: string;
  token: Token;
}

export function useTokens(user: string): Resource<Token[]> {
  const tokens = useMemo(() => resource(() => accounts.tokens(user)), [user]);
  useEffect(() => void tokens.refresh(), [tokens]);
  return tokens;
}

function MadeToken({ made, close }: { made: Made; close: () => void }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [made]);
  const { secret, token } = made;
  return (
    <div class="made">
      <h3 ref={title} tabIndex={-1}>The token {token.name ? `“${token.name}”` : token.id} is made</h3>
      <p>Keep it now: nobody can show it again, this server neither.</p>
      <Snippet label="The token" text={secret} />
      {linesFor(location.origin, secret, token.scope).map(({ title: of, text }) => (
        <div key={of}>
          <h4>{of}</h4>
          <Snippet label={of} text={text} />
        </div>
      ))}
      <Button onClick={close}>I have kept it</Button>
    </div>
  );
}

export function NewToken({ user, me, made }: {
  user: string; me: Me; made: () => void;
}) {
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Scope>('write');
  const [days, setDays] = useState<Days>('90d');
  const [shown, setShown] = useState<Made>();
  const own = user === me.name;
  const action = useAction(async () => {
    setShown(await accounts.createToken({
      user, name: name.trim(), scope, ...(days === 'never' ? {} : { expires_in: days }),
    }));
    setName('');
    made();
  });
  if (shown) return <MadeToken made={shown} close={() => setShown(undefined)} />;
  return (
    <Form action={action} label="New token">
      <Text label="What it is for" value={name} onInput={setName} maxLength={100} required
        autocomplete="off" />
      <Radios label="What it may do" value={scope} onChange={setScope}
        options={SCOPES.map((of) => [of, SCOPE_WORDS[of], own ? lacksScope(me, of) : undefined])} />
      <Select label="Expires after" value={days} options={DAYS} onChange={setDays}
        {...(days === 'never' ? { hint: 'It opens the account until somebody revokes it.' } : {})} />
      <div class="buttons">
        <Button submit kind="main-button" busy={action.busy}>Make the token</Button>
      </div>
    </Form>
  );
}

// "3 hours ago", or the day.
export function When({ at }: { at: string }) {
  return <Moment at={at} text={ago(at, Date.now()) ?? day(at)} />;
}

function Expiry({ token }: { token: Token }) {
  if (!token.expires) return <>never expires</>;
  if (Date.parse(token.expires) <= Date.now()) return <Pill tone="note">expired</Pill>;
  return <>expires <Moment at={token.expires} text={moment(token.expires)} /></>;
}

function Row({ token, revoke, why }: {
  token: Token; revoke: () => void; why: string | undefined;
}) {
  const session = token.kind === 'session';
  const name = token.name || `token ${token.id}`;
  return (
    <li>
      <div class="row-what">
        <p>
          <b>{session ? 'A browser' : name}</b>{' '}
          {!session && <Pill tone="note">{token.scope}</Pill>}
        </p>
        <p class="soft">
          {session ? 'signed in ' : 'made '}<When at={token.created} />
          {token.last_used
            ? <> · last used <When at={token.last_used} /></>
            : !session && ' · not used yet'}
          {' · '}<Expiry token={token} />
        </p>
      </div>
      <Button onClick={revoke} why={why} label={session ? undefined : `Revoke ${name}`}>
        {session ? 'Sign out' : 'Revoke'}
      </Button>
    </li>
  );
}

// Personal tokens first, then the browsers that are signed in.
export function TokenRows({ tokens, none, why }: {
  tokens: Resource<Token[]>; none: string; why?: string | undefined;
}) {
  const [asked, setAsked] = useState<Token>();
  const list = tokens.value.value;
  const error = tokens.error.value;
  if (!list) {
    return error ? <Problem error={error} retry={() => void tokens.refresh()} />
      : <Skeleton height={80} />;
  }
  const rows = (wanted: Token[]) => (
    <ul class="rows">
      {wanted.map((token) => (
        <Row key={token.id} token={token} why={why} revoke={() => setAsked(token)} />
      ))}
    </ul>
  );
  const sessions = list.filter((token) => token.kind === 'session');
  const others = list.filter((token) => token.kind !== 'session');
  return (
    <>
      {others.length > 0 ? rows(others) : <p class="soft">{none}</p>}
      {sessions.length > 0 && <><h3 class="rows-title">Signed in</h3>{rows(sessions)}</>}
      {asked && (
        <Confirm title={asked.kind === 'session' ? 'Sign this browser out?'
          : `Revoke ${asked.name || `token ${asked.id}`}?`}
          does={asked.kind === 'session' ? 'Sign out' : 'Revoke'}
          act={async () => {
            await accounts.revokeToken(asked.id);
            await tokens.refresh();
          }}
          close={() => setAsked(undefined)}>
          {asked.kind === 'session'
            ? 'Whoever looks at it has to sign in again; it may be the one in front of you.'
            : 'Whatever uses it is refused from now on. This cannot be taken back.'}
        </Confirm>
      )}
    </>
  );
}
