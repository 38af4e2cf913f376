import { expect, it } from 'vitest';
import { logRange } from './log';

it.each([
  [0.00988764, 0.058, 0.009, 0.06],
  [0.6, 1.24, 0.6, 2],
  [1, 1, 1, 2],
  [9, 9, 9, 10],
  [0.001, 1000, 0.001, 1000],
  [9.99e-7, 9.5e12, 9e-7, 1e13],
  [1.5e-310, 2e-310, 1e-310, 2e-310],
])('from %s to %s an axis reaches from %s to %s', (min, max, from, to) =>
  expect(logRange(min, max)).toEqual([from, to]));
