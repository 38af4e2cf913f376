// The own tokens.

import { useEffect } from 'preact/hooks';
import { session } from '../api/session';
import { NoAccounts } from '../parts/accounts';
import { NewToken, TokenRows, useTokens } from '../parts/tokens';
import type { Me } from '../api/accounts';

function Own({ me }: { me: Me & { name: string } }) {
  const tokens = useTokens(me.name);
  return (
    <>
      <header class="page-head">
        <h1>Your tokens</h1>
        <p class="lead">
          A token lets a program in as you, up to what it is made for. Give each program its own: it
          can be revoked without touching the others.
        </p>
      </header>
      <div class="columns halves">
        <div class="column">
          <section class="card" aria-labelledby="kept">
            <h2 id="kept">What you have</h2>
            <TokenRows tokens={tokens} none="None yet." />
          </section>
        </div>
        <div class="column">
          <section class="card" aria-labelledby="new">
            <h2 id="new">New token</h2>
            <NewToken user={me.name} me={me} made={() => void tokens.refresh()} />
          </section>
        </div>
      </div>
    </>
  );
}

export function TokensPage() {
  useEffect(() => {
    document.title = 'Your tokens – Rondo';
  }, []);
  const now = session.value;
  return now.state === 'in' ? <Own me={now.me} /> : <NoAccounts />;
}
