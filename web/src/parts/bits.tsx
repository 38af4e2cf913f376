// Small parts that every page uses.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import { exactMoment, recentMoment } from '../format/time';
import type { Tone } from '../loop/words';
import { address, link, sideOf, type Side } from '../router';

export function Pill({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`pill tone-${tone}`}>{children}</span>;
}

// A moment in UTC; the tooltip has it to the second and says so.
export function Moment({ at, text }: { at: string; text: string }) {
  return <time dateTime={at} title={`${exactMoment(at)} UTC`}>{text}</time>;
}

// A moment in milliseconds since 1970, as lists show it.
export function When({ ms }: { ms: number }) {
  if (!ms) return <>–</>;
  const at = new Date(ms).toISOString();
  return <Moment at={at} text={recentMoment(at, Date.now())} />;
}

// Room for what is being read; it shows itself only when that takes longer than a blink.
export function Skeleton({ height, label = 'Loading' }: { height: number; label?: string }) {
  return <div class="skeleton" style={{ height: `${height}px` }} role="status" aria-label={label} />;
}

export function Problem({ error, retry }: { error: ApiError; retry: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>{error.message}</p>
      {error.status !== 403 && (
        <button type="button" class="quiet-button" onClick={retry}>Try again</button>
      )}
    </div>
  );
}

const LISTS: Record<Side, [href: string, text: string]> = {
  serving: [link.start, 'All endpoints'],
  tracking: [link.experiments, 'All experiments'],
  registry: [link.models, 'All registered models'],
};

// In place of a page that is not open to who looks.
export function Closed({ title, why }: { title: string; why: string }) {
  const { route } = address.value;
  const [href, text] = LISTS[sideOf(route) ?? 'serving'];
  return (
    <div class="page-head" role="alert">
      <h1>{title}</h1>
      <p class="lead sentence">{why}</p>
      {route.page !== 'start' && <p><a href={href}>{text}</a></p>}
    </div>
  );
}

// What takes the place of a page that could not be read.
export function NotRead({ error, retry }: { error: ApiError; retry: () => void }) {
  return error.status === 403
    ? <Closed title="Not open to you" why={error.message} />
    : <Problem error={error} retry={retry} />;
}

export function Facts({ items }: { items: [name: string, value: string, tone?: Tone][] }) {
  return (
    <dl class="facts">
      {items.map(([name, value, tone]) => (
        <div key={name} class={tone ? `tone-${tone}` : ''}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// Clipboards exist in secure contexts only, which plain http to another host is not: there is no
// button then, and the text stands beside it.
export function Copy({ text, label, children }: {
  text: string; label?: string; children?: ComponentChildren; // a word among others; else a button
}) {
  const [copied, setCopied] = useState(false);
  if (!('clipboard' in navigator)) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <button type="button" class={children ? 'link-button' : 'quiet-button'}
      aria-label={copied ? undefined : label} onClick={() => void copy()}>
      {copied ? 'Copied' : children ?? 'Copy'}
    </button>
  );
}

export function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <div class="snippet">
      <pre tabIndex={0} aria-label={label}><code>{text}</code></pre>
      <Copy text={text} />
    </div>
  );
}
