// The audit trail: who did what, newest first.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { accounts, type AuditRow, type AuditVerdict } from '../api/accounts';
import { ApiError } from '../api/client';
import {
  actionWords, choicesOf, deedsOf, detailWords, FILTERS, matching, type Deed, type Filter,
} from '../account/audit';
import { whole } from '../format/number';
import { exactMoment, recentMoment } from '../format/time';
import { AdminTabs, ForAdministrators } from '../parts/accounts';
import { Moment, NotRead, Pill, Skeleton } from '../parts/bits';
import { Button, Select, useAction } from '../parts/form';
import type { Tone } from '../loop/words';
import { param, setParams } from '../router';

const PAGE = 100;
const TONES: Record<AuditRow['outcome'], Tone> = {
  asked: 'busy', done: 'good', failed: 'bad', refused: 'warm',
};
const NAMES: Record<Filter, string> = { actor: 'Who', action: 'What', outcome: 'Outcome' };
const ANY = '';

// What somebody does to their own account needs no second name.
const objectWords = ({ actor, object }: Deed) => (object === `user ${actor}` ? '' : object);

function Row({ deed }: { deed: Deed }) {
  const details = [detailWords(deed.detail), detailWords(deed.ended?.detail ?? '')].filter(Boolean);
  return (
    <tr id={`row-${deed.id}`}>
      <td class="deed-when">
        <Moment at={deed.at} text={recentMoment(deed.at, Date.now())} />
        <span class="soft">{deed.address}</span>
      </td>
      <td>
        <p>
          <b>{deed.actor}</b>{' '}
          {deed.of === undefined
            ? <>{actionWords(deed.action)} <span class="soft">{objectWords(deed)}</span></>
            : <span class="soft">end of row {deed.of}</span>}
        </p>
        {details.map((text) => <p key={text} class="soft deed-detail">{text}</p>)}
      </td>
      <td><Pill tone={TONES[deed.outcome]}>{deed.outcome}</Pill></td>
      <td class="count soft"
        title={`sha256 ${deed.hash}${deed.token_id === undefined ? '' : `, by token ${deed.token_id}`}`}>
        {deed.id}
      </td>
    </tr>
  );
}

function verdictWords({ rows, whole: isWhole, broken_at }: AuditVerdict): string {
  if (isWhole) {
    return `Every hash of ${whole(rows)} rows is right: none was changed, and none taken away ` +
      'between others.';
  }
  return `Row ${broken_at} does not fit the one before it: it was changed, or its neighbour was ` +
    'taken away. A backup shows what stood there.';
}

function Check() {
  const [verdict, setVerdict] = useState<AuditVerdict>();
  const check = useAction(async () => {
    setVerdict(undefined);
    setVerdict(await accounts.checkAudit());
  });
  return (
    <div class="check-chain">
      <Button busy={check.busy} onClick={() => void check.run()}>
        {check.busy ? 'Checking' : 'Check the chain'}
      </Button>
      <p role="status" class={verdict && `tone-${verdict.whole ? 'good' : 'bad'} toned`}>
        {verdict ? verdictWords(verdict) : ''}
      </p>
      {check.error && <p class="refusal" role="alert">{check.error}</p>}
    </div>
  );
}

// The rows that were read so far; more on demand.
function useTrail() {
  const [rows, setRows] = useState<AuditRow[]>();
  const [ended, setEnded] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const more = useAction(async () => {
    try {
      const next = await accounts.audit(rows?.at(-1)?.id ?? 0, PAGE);
      setRows([...(rows ?? []), ...next]);
      setEnded(next.length < PAGE);
      setProblem(undefined);
    } catch (error) {
      if (error instanceof ApiError) setProblem(error);
      throw error;
    }
  });
  useEffect(() => void more.run(), []);
  return { rows, ended, more, problem };
}

function Filters({ deeds }: { deeds: Deed[] }) {
  return (
    <div class="filters" role="group" aria-label="Show only">
      {FILTERS.map((by) => (
        <Select key={by} label={NAMES[by]} value={param(by) ?? ANY}
          onChange={(value) => setParams({ [by]: value === ANY ? undefined : value })}
          options={[[ANY, 'all'], ...choicesOf(deeds, by, param(by))
            .map((of) => [of, by === 'action' ? actionWords(of) : of] as const)]} />
      ))}
    </div>
  );
}

function Trail() {
  const { rows, ended, more, problem } = useTrail();
  const deeds = useMemo(() => deedsOf(rows ?? []), [rows]);
  if (!rows) {
    return problem ? <NotRead error={problem} retry={() => void more.run()} />
      : <><Skeleton height={60} /><Skeleton height={500} /></>;
  }
  const wanted = Object.fromEntries(FILTERS.map((by) => [by, param(by)]));
  const shown = matching(deeds, wanted);
  const oldest = rows.at(-1);
  return (
    <>
      <header class="page-head">
        <h1>Audit trail</h1>
        <p class="lead">
          Who signed in, changed accounts, ran code, moved traffic or deleted. Rows are only ever
          added, each with a hash over itself and the one before it.
        </p>
        <AdminTabs at="audit" />
      </header>
      <Check />
      <section class="card" aria-label="Rows">
        <Filters deeds={deeds} />
        <p class="section-note" role="status">
          {shown.length === deeds.length ? whole(deeds.length)
            : `${whole(shown.length)} of ${whole(deeds.length)}`}
          {' '}{deeds.length === 1 ? 'deed' : 'deeds'}
          {oldest && !ended ? ` since ${exactMoment(oldest.at)}` : ', all there are'}
        </p>
        <table class="deeds">
          <thead>
            <tr>
              <th scope="col">When</th><th scope="col">Who did what</th>
              <th scope="col">Outcome</th><th scope="col" class="count">Row</th>
            </tr>
          </thead>
          <tbody>{shown.map((deed) => <Row key={deed.id} deed={deed} />)}</tbody>
        </table>
        {more.error && <p class="refusal" role="alert">{more.error}</p>}
        {!ended && (
          <div class="buttons">
            <Button busy={more.busy} onClick={() => void more.run()}>Read older rows</Button>
          </div>
        )}
      </section>
    </>
  );
}

export function AuditPage() {
  useEffect(() => {
    document.title = 'Audit trail – Rondo';
  }, []);
  return <ForAdministrators title="Audit trail">{() => <Trail />}</ForAdministrators>;
}
