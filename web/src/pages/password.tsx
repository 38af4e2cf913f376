// The own password.

import { useEffect, useState } from 'preact/hooks';
import { accounts } from '../api/accounts';
import { session, signIn } from '../api/session';
import { NoAccounts } from '../parts/accounts';
import { Button, Form, Password, PasswordOwner, useAction } from '../parts/form';

export const NEW_PASSWORD = { minLength: 12, maxLength: 1024 };
export const NEW_PASSWORD_HINT = 'At least 12 characters. Long and easy to remember beats short and odd.';

function Change({ name }: { name: string }) {
  const [old, setOld] = useState('');
  const [wanted, setWanted] = useState('');
  const [done, setDone] = useState<string>();
  const action = useAction(async () => {
    setDone(undefined);
    await accounts.changeOwnPassword(old, wanted);
    // The server has ended all sessions, this one too.
    await signIn(name, wanted);
    setOld('');
    setWanted('');
    setDone('Changed. Every other browser that was signed in has to sign in again; tokens stay.');
  });
  return (
    <section class="card narrow">
      <Form action={action} done={done} label="Change password">
        <PasswordOwner name={name} />
        <Password label="Password until now" name="old" autocomplete="current-password" required
          value={old} onInput={setOld} />
        <Password label="New password" name="new" autocomplete="new-password" required
          {...NEW_PASSWORD} hint={NEW_PASSWORD_HINT} value={wanted} onInput={setWanted} />
        <div class="buttons">
          <Button submit kind="main-button" busy={action.busy}>Change password</Button>
        </div>
      </Form>
    </section>
  );
}

export function PasswordPage() {
  useEffect(() => {
    document.title = 'Your password – Rondo';
  }, []);
  const now = session.value;
  if (now.state !== 'in') return <NoAccounts />;
  return (
    <>
      <header class="page-head"><h1>Your password</h1></header>
      <Change name={now.me.name} />
    </>
  );
}
