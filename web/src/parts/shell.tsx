// What is around every page: where one is, whether it is live, the theme, and the shortcuts.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { signal } from '@preact/signals';
import { connection } from '../api/live';
import { session } from '../api/session';
import { address, link, sideOf, type Route, type Side } from '../router';
import { nextTheme, theme } from '../theme';
import { AccountMenu } from './menu';
import { focusSearch } from './tools';
import { askWhy, stepThrough } from './timeline';

const SHORT_ID = 8;
const helpOpen = signal(false);

const LIVE = {
  connecting: { text: 'connecting', tone: 'note' },
  live: { text: 'live', tone: 'good' },
  reconnecting: { text: 'reconnecting', tone: 'bad' },
} as const;

const SHORTCUTS: { key: string; does: string; act: () => void }[] = [
  { key: 'j', does: 'next entry of the timeline', act: () => stepThrough(1) },
  { key: 'k', does: 'entry before', act: () => stepThrough(-1) },
  { key: 'w', does: 'why? of the entry in focus', act: askWhy },
  { key: 'e', does: 'all endpoints', act: () => (location.hash = link.start) },
  { key: 'x', does: 'all experiments', act: () => (location.hash = link.experiments) },
  { key: 'm', does: 'all registered models', act: () => (location.hash = link.models) },
  { key: '/', does: 'search or filter', act: focusSearch },
  { key: 't', does: 'theme: system, light, dark', act: nextTheme },
  { key: '?', does: 'this list', act: () => (helpOpen.value = !helpOpen.value) },
];

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target as HTMLElement;
  if (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)) return;
  const found = SHORTCUTS.find((s) => s.key === event.key);
  if (!found) return;
  event.preventDefault();
  found.act();
}

function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title"
      onClose={() => (helpOpen.value = false)}
      onClick={(event) => event.target === dialog.current && (helpOpen.value = false)}>
      <div>
        <h2 id="help-title">Keys</h2>
        <dl>
          {SHORTCUTS.map(({ key, does }) => (
            <div key={key}><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>
          ))}
          <div><dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>values of the chart in focus</dd></div>
        </dl>
        <p class="soft">Drag across the metric to look closer, double-click to see all.</p>
        <p class="soft"><a href="/licenses.txt">Licences</a> of what this page is made with.</p>
        <button type="button" class="quiet-button" autofocus
          onClick={() => (helpOpen.value = false)}>
          Close
        </button>
      </div>
    </dialog>
  );
}

const ACCOUNT_PAGES: Partial<Record<Route['page'], string>> = {
  password: 'Your password', tokens: 'Your tokens', users: 'Users', audit: 'Audit trail',
};

// The sides of the house, and what of them is shown.
function Trail() {
  const { route } = address.value;
  const ofAccounts = ACCOUNT_PAGES[route.page];
  const here = route.page === 'endpoint' ? route.name
    : route.page === 'experiment' ? `Experiment ${route.id}`
    : route.page === 'run' ? `Run ${route.id.slice(0, SHORT_ID)}`
    : route.page === 'compare' ? 'Compare'
    : route.page === 'model' ? route.name
    : route.page === 'version' ? `${route.name} ${route.version}`
    : ofAccounts;
  const side = (href: string, text: string, of: Side, list: Route['page']) => (
    <a href={href} class={sideOf(route) === of ? 'side inside' : 'side'}
      aria-current={route.page === list ? 'page' : undefined}>
      {text}
    </a>
  );
  return (
    <nav aria-label="Where you are">
      <a href={link.start} class="brand">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 3.5a8.5 8.5 0 1 1-7.4 4.3" /><circle cx="5" cy="6.6" r="2.6" />
        </svg>
        <span class="brand-name">Rondo</span>
      </a>
      {side(link.start, 'Endpoints', 'serving', 'start')}
      {side(link.experiments, 'Experiments', 'tracking', 'experiments')}
      {side(link.models, 'Models', 'registry', 'models')}
      {here !== undefined && <span class="here" aria-current="page">{here}</span>}
    </nav>
  );
}

export function Shell({ children }: { children: ComponentChildren }) {
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const { text, tone } = LIVE[connection.value];
  const { state } = session.value;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById('main')?.focus();
      }}>Skip to the content</a>
      <header class="bar">
        <Trail />
        {state !== 'out' && <span class={`live tone-${tone}`} role="status">{text}</span>}
        <span class="soft utc" title="Every time on this page is in UTC">UTC</span>
        <button type="button" class="icon-button" onClick={nextTheme}
          aria-label={`Theme: ${theme.value}. Change`} title={`Theme: ${theme.value}`}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <circle cx="12" cy="12" r="8" /><path class="half" d="M12 4a8 8 0 0 1 0 16z" />
          </svg>
        </button>
        <button type="button" class="icon-button keys" onClick={() => (helpOpen.value = true)}
          aria-label="Keys" title="Keys (?)">?</button>
        <AccountMenu />
      </header>
      <main id="main" tabIndex={-1}>{children}</main>
      <Help />
    </>
  );
}
