// The form that stands before everything on a server with accounts. The address stays as it is, so
// that a link leads where it points once somebody has signed in.

import { useEffect, useRef, useState } from 'preact/hooks';
import { signIn } from '../api/session';
import { Button, Form, Password, Text, useAction } from '../parts/form';

export function SignInPage({ ended }: { ended: boolean }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const form = useRef<HTMLDivElement>(null);
  const action = useAction(async () => {
    try {
      await signIn(name.trim(), password);
    } catch (problem) {
      setPassword('');
      form.current?.querySelector<HTMLInputElement>('[name=password]')?.focus();
      throw problem;
    }
    document.getElementById('main')?.focus();
  });
  useEffect(() => {
    document.title = 'Sign in – Rondo';
    form.current?.querySelector<HTMLInputElement>('[name=username]')?.focus();
  }, []);
  return (
    <div class="sign-in" ref={form}>
      <h1>Sign in</h1>
      {ended && (
        <p class="soft" role="status">
          Your session has ended. Sign in to go on where you were.
        </p>
      )}
      <section class="card">
        <Form action={action} label="Sign in">
          <Text label="Name" name="username" autocomplete="username" required value={name}
            onInput={setName} />
          <Password label="Password" name="password" autocomplete="current-password" required
            value={password} onInput={setPassword} />
          <div class="buttons">
            <Button submit kind="main-button" busy={action.busy}>
              {action.busy ? 'Signing in' : 'Sign in'}
            </Button>
          </div>
        </Form>
      </section>
      <p class="soft">
        No account, or a forgotten password? An administrator of this server makes accounts and sets
        passwords.
      </p>
    </div>
  );
}
