import { describe, expect, it } from 'vitest';
import type { AuditRow } from '../api/accounts';
import { actionWords, choicesOf, deedsOf, detailWords, matching } from './audit';

function row(id: number, more: Partial<AuditRow>): AuditRow {
  return {
    id, at: '2026-01-01T00:00:00Z', actor: 'ada', address: '127.0.0.1', action: 'operate_endpoint',
    object: 'endpoint flights', outcome: 'done', detail: '', hash: '', ...more,
  };
}

const ROWS = [
  row(5, { outcome: 'asked' }),
  row(4, { outcome: 'failed', of: 2, action: '', object: '', detail: 'no rollout is under way' }),
  row(3, { actor: 'bob', action: 'sign_in', object: 'user bob', outcome: 'refused' }),
  row(2, { outcome: 'asked' }),
];

describe('deeds', () => {
  it('are what was asked together with how it ended', () => {
    const deeds = deedsOf(ROWS);
    expect(deeds.map((d) => [d.id, d.outcome])).toEqual([[5, 'asked'], [3, 'refused'], [2, 'failed']]);
    expect(deeds[2]?.ended?.detail).toBe('no rollout is under way');
  });

  it('keep an ending whose beginning has not been read', () => {
    expect(deedsOf(ROWS.slice(0, 3)).map((d) => d.id)).toEqual([5, 4, 3]);
  });

  it('are found by who, what and how it ended, all of which have to fit', () => {
    const deeds = deedsOf(ROWS);
    expect(matching(deeds, {})).toHaveLength(3);
    expect(matching(deeds, { actor: 'bob' }).map((d) => d.id)).toEqual([3]);
    expect(matching(deeds, { outcome: 'failed', action: 'operate_endpoint' }).map((d) => d.id))
      .toEqual([2]);
    expect(matching(deeds, { actor: 'bob', outcome: 'failed' })).toEqual([]);
  });

  it('offer what they hold, and what is chosen', () => {
    const deeds = deedsOf(ROWS.slice(0, 3));
    expect(choicesOf(deeds, 'action', undefined)).toEqual(['operate_endpoint', 'sign_in']);
    expect(choicesOf(deeds, 'actor', 'zoe')).toEqual(['ada', 'bob', 'zoe']);
  });
});

describe('details', () => {
  it.each([
    ['{"before":{"role":"viewer","disabled":false},"after":{"role":"editor","disabled":true}}',
      'role: viewer → editor, disabled: no → yes'],
    ['{"name":"ci","scope":"write"}', 'name: ci, scope: write'],
    ['{"before":1}', 'before: 1'],
    ['no rollout is under way', 'no rollout is under way'],
    ['[1]', '[1]'],
    ['null', 'null'],
    ['', ''],
  ])('%s', (detail, words) => expect(detailWords(detail)).toBe(words));
});

it.each([['create_user', 'create user'], ['model.delete', 'model: delete']])(
  '%s in words', (action, words) => expect(actionWords(action)).toBe(words));
