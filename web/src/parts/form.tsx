// What forms are made of. Every failure is said beside the button that led to it.

import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';

export interface Action {
  busy: boolean;
  error: string | undefined;
  run(): Promise<boolean>; // whether it was done
}

// Something that a person asks for; once at a time.
export function useAction(act: () => Promise<unknown>): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const running = useRef(false);
  const run = async () => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await act();
      return true;
    } catch (problem) {
      setError(problem instanceof ApiError ? problem.message : String(problem));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { busy, error, run };
}

// A button that says why it cannot be used. It keeps its place among the keys, so that everybody
// can find out.
export function Button({ why, busy = false, kind = 'quiet-button', children, onClick, submit = false,
  label }: {
  why?: string | undefined;
  busy?: boolean;
  kind?: 'quiet-button' | 'main-button' | 'bad-button' | 'link-button';
  children: ComponentChildren;
  onClick?: () => void;
  submit?: boolean;
  label?: string | undefined;
}) {
  const off = why !== undefined || busy;
  return (
    <button type={submit ? 'submit' : 'button'} class={kind} aria-disabled={off} title={why}
      aria-label={label} onClick={(event) => {
        if (off) event.preventDefault();
        else onClick?.();
      }}>
      {children}
    </button>
  );
}

export function Form({ action, children, done, label }: {
  action: Action;
  children: ComponentChildren;
  done?: string | undefined; // said once it was done
  label?: string;
}) {
  return (
    <form class="form" aria-label={label} onSubmit={(event) => {
      event.preventDefault();
      void action.run();
    }}>
      {children}
      {action.error && <p class="refusal" role="alert">{action.error}</p>}
      <p class="done" role="status">{action.error || action.busy ? '' : done}</p>
    </form>
  );
}

// For a form that opens in its place: the keyboard is led into it, and back to what `opens` it.
export function useFormFocus(open: boolean): RefObject<HTMLElement | null> {
  const root = useRef<HTMLElement>(null);
  const was = useRef(open);
  useEffect(() => {
    if (open !== was.current) {
      root.current?.querySelector<HTMLElement>(open ? 'form :is(input, textarea, select)' : '.opens')
        ?.focus();
    }
    was.current = open;
  }, [open]);
  return root;
}

interface InputProps {
  label: string;
  hint?: string;
  value: string;
  onInput: (value: string) => void;
  name?: string;
  autocomplete: 'off' | 'username' | 'current-password' | 'new-password';
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  autofocus?: boolean;
}

export function Text({ label, hint, value, onInput, ...more }: InputProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input {...more} id={id} type="text" value={value} autocapitalize="none" spellcheck={false}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onInput={(event) => onInput(event.currentTarget.value)} />
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

// A text of several lines.
export function Lines({ label, value, onInput, maxLength, rows = 5 }: {
  label: string; value: string; onInput: (value: string) => void; maxLength: number; rows?: number;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea id={id} rows={rows} value={value} maxLength={maxLength}
        onInput={(event) => onInput(event.currentTarget.value)} />
    </div>
  );
}

const SHOWN = { type: 'text' } as const;
const HIDDEN = { type: 'password' } as const;

// With a button that shows what is typed, so that nobody has to type a new one twice.
export function Password({ label, hint, value, onInput, ...more }: InputProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const toggle = shown ? 'Hide' : 'Show';
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="with-button">
        <input {...more} {...(shown ? SHOWN : HIDDEN)} id={id} value={value}
          autocapitalize="none" spellcheck={false}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onInput={(event) => onInput(event.currentTarget.value)} />
        <button type="button" class="quiet-button" aria-controls={id}
          aria-label={`${toggle} what is typed`} onClick={() => setShown(!shown)}>
          {toggle}
        </button>
      </div>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

// Tells password managers whose password a form is about.
export function PasswordOwner({ name }: { name: string }) {
  return <input type="text" name="username" autocomplete="username" value={name} hidden readOnly />;
}

export function Select<T extends string>({ label, hint, value, options, onChange, why }: {
  label: string;
  hint?: string;
  value: T;
  options: readonly (readonly [value: T, text: string, why?: string | undefined])[];
  onChange: (value: T) => void;
  why?: string | undefined; // it cannot be changed
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} disabled={why !== undefined} title={why}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.currentTarget.value as T)}>
        {options.map(([of, text, closed]) => (
          <option key={of} value={of} disabled={closed !== undefined} title={closed}>{text}</option>
        ))}
      </select>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

// A choice whose every option needs a sentence.
export function Radios<T extends string>({ label, value, options, onChange }: {
  label: string;
  value: T;
  options: readonly (readonly [value: T, sentence: string, why?: string | undefined])[];
  onChange: (value: T) => void;
}) {
  const id = useId();
  return (
    <fieldset class="field radios">
      <legend>{label}</legend>
      {options.map(([of, sentence, why]) => (
        <label key={of} class={why === undefined ? '' : 'off'} title={why}>
          <input type="radio" name={id} value={of} checked={of === value} disabled={why !== undefined}
            onChange={() => onChange(of)} />
          <span><b>{of}</b> <span class="soft">{why ?? sentence}</span></span>
        </label>
      ))}
    </fieldset>
  );
}

export function Check({ label, checked, onChange, why }: {
  label: string; checked: boolean; onChange: (checked: boolean) => void; why?: string | undefined;
}) {
  return (
    <label class={`check${why === undefined ? '' : ' off'}`} title={why}>
      <input type="checkbox" checked={checked} disabled={why !== undefined}
        onChange={(event) => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  );
}
