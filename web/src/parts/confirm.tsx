// A question before what cannot be taken back. `typed`: a name that has to be written first.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { Button, Form, Text, useAction } from './form';

export function Confirm({ title, children, does, typed, act, close }: {
  title: string;
  children: ComponentChildren;
  does: string; // what the button says
  typed?: string;
  act: () => Promise<unknown>;
  close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const action = useAction(act);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const run = async () => {
    if (await action.run()) close();
  };
  const why = typed !== undefined && text !== typed ? `Write ${typed} first.` : undefined;
  return (
    <dialog ref={dialog} class="help confirm" aria-labelledby="confirm-title" onClose={close}>
      <form class="form" onSubmit={(event) => {
        event.preventDefault();
        if (why === undefined) void run();
      }}>
        <h2 id="confirm-title">{title}</h2>
        <p>{children}</p>
        {typed !== undefined && (
          <Text label={`Write ${typed} to go on`} value={text} onInput={setText} autocomplete="off"
            autofocus />
        )}
        {action.error && <p class="refusal" role="alert">{action.error}</p>}
        <div class="buttons">
          <Button submit kind="bad-button" busy={action.busy} why={why}>{does}</Button>
          <button type="button" class="quiet-button" autofocus={typed === undefined} onClick={close}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

// Asks for a name that something is to have. `act` leads on to where it is seen.
export function NameDialog({ title, hint, does, value = '', maxLength, act, close }: {
  title: string;
  hint: string;
  does: string;
  value?: string;
  maxLength: number;
  act: (name: string) => Promise<unknown>;
  close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState(value);
  useEffect(() => dialog.current?.showModal(), []);
  const action = useAction(async () => {
    await act(name.trim());
    close();
  });
  return (
    <dialog ref={dialog} class="help confirm" aria-labelledby="name-title" onClose={close}>
      <div>
        <h2 id="name-title">{title}</h2>
        <Form action={action} label={title}>
          <Text label="Name" value={name} onInput={setName} required autofocus autocomplete="off"
            maxLength={maxLength} hint={hint} />
          <div class="buttons">
            <Button submit kind="main-button" busy={action.busy}>{does}</Button>
            <button type="button" class="quiet-button" onClick={close}>Cancel</button>
          </div>
        </Form>
      </div>
    </dialog>
  );
}
