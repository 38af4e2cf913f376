import { describe, expect, it } from 'vitest';
import { ago, axisLabels, day, exactMoment, moment, range, recentMoment, seconds } from './time';

const NOW = Date.parse('2026-11-23T10:00:00Z');

describe('moments', () => {
  it('are in UTC, to the microsecond if need be', () => {
    expect(moment('2013-07-02T12:00:00Z')).toBe('2 Jul 2013, 12:00');
    expect(moment('2013-07-02T01:30:00+02:00')).toBe('1 Jul 2013, 23:30');
    expect(exactMoment('2026-11-23T10:19:02.554185Z')).toBe('23 Nov 2026, 10:19:02');
    expect(day('2013-06-04')).toBe('4 Jun 2013');
    expect(seconds('1970-01-02T00:00:00Z')).toBe(86400);
  });

  it('leave out the year while it is this one', () => {
    expect(recentMoment('2026-11-23T09:59:58Z', NOW)).toBe('23 Nov, 09:59:58');
    expect(recentMoment('2025-11-23T09:59:58Z', NOW)).toBe('23 Nov 2025, 09:59:58');
  });

  it('are told as long ago as they are, within a day', () => {
    expect(ago('2026-11-23T09:59:30Z', NOW)).toBe('just now');
    expect(ago('2026-11-23T09:59:00Z', NOW)).toBe('1 minute ago');
    expect(ago('2026-11-23T07:10:00Z', NOW)).toBe('2 hours ago');
    expect(ago('2026-11-21T10:00:00Z', NOW)).toBeUndefined();
    expect(ago('2026-11-23T10:00:01Z', NOW)).toBeUndefined();
  });
});

describe('ranges', () => {
  it('say no more than they have to', () => {
    expect(range('2013-07-02T12:00:00Z', '2013-08-14T12:00:00Z')).toBe('2 Jul – 14 Aug 2013');
    expect(range('2012-12-30T00:00:00Z', '2013-01-02T00:00:00Z')).toBe('30 Dec 2012 – 2 Jan 2013');
    expect(range('2013-07-02T00:00:00Z', '2013-07-02T12:00:00Z')).toBe('2 Jul 2013');
  });
});

describe('axes', () => {
  const at = (text: string) => seconds(text);

  it('name the year once, and again when it changes', () => {
    expect(axisLabels([at('2013-12-30'), at('2013-12-31'), at('2014-01-01')], 86400))
      .toEqual(['30 Dec\n2013', '31 Dec', '1 Jan\n2014']);
  });

  it('show hours within a day', () => {
    expect(axisLabels([at('2013-07-02T18:00:00Z'), at('2013-07-03T00:00:00Z')], 21600))
      .toEqual(['18:00', '3 Jul\n2013']);
  });
});
