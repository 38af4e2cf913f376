import { describe, expect, it } from 'vitest';
import { duration, durationSeconds, eValue, number, percent, plural, signed, whole } from './number';

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.22211247747913973, '0.2221'],
    [26648, '26,648'],
    [26648.4, '26,648'],
    [1279.26, '1,279'],
    [1234567, '1.235e+6'],
    [-0.0115, '−0.0115'],
    [3.2968650959967686e-28, '3.297e-28'],
    [0.00012, '0.00012'],
    ['Infinity', '∞'],
    ['-Infinity', '−∞'],
    ['NaN', 'not a number'],
  ])('%s is %s', (value, text) => expect(number(value)).toBe(text));

  it('groups whole numbers', () => {
    expect(whole(142408)).toBe('142,408');
    expect(whole(999)).toBe('999');
    expect(whole(-1000)).toBe('−1,000');
  });

  it('shows the sign of gains', () => {
    expect(signed(0.0109, 3)).toBe('+0.0109');
    expect(signed(-0.0109, 3)).toBe('−0.0109');
    expect(signed(0)).toBe('0');
  });

  it('needs no digits of tiny e-values', () => {
    expect(eValue(3.3e-28)).toBe('below 0.001');
    expect(eValue(21.064790360493742)).toBe('21.1');
    expect(eValue('Infinity')).toBe('∞');
  });

  it('keeps numbers and their units together', () => {
    expect(percent(0.05)).toBe('5\u00a0%');
    expect(percent(0.025)).toBe('2.5\u00a0%');
    expect(plural(1, 'day')).toBe('1\u00a0day');
    expect(plural(1279, 'row')).toBe('1,279\u00a0rows');
  });
});

describe('durations', () => {
  it('are said in words', () => {
    expect(duration('42d')).toBe('42\u00a0days');
    expect(duration('250ms')).toBe('250\u00a0milliseconds');
    expect(duration('1d12h')).toBe('1\u00a0day 12\u00a0hours');
    expect(duration('soon')).toBe('soon');
    expect(duration('')).toBe('');
  });

  it('are counted in seconds', () => {
    expect(durationSeconds('1d12h')).toBe(129600);
    expect(durationSeconds('10m')).toBe(600);
    expect(durationSeconds('x1d')).toBeNaN();
  });
});
