// Numbers for people. No locale is consulted: everybody on call reads the same page.

const MINUS = '−';
export const NBSP = '\u00a0'; // keeps a number and its unit on one line

// The server writes what JSON cannot ("Infinity", "NaN") as strings.
export function toNumber(value: number | string): number {
  return typeof value === 'number' ? value : Number(value);
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

// 142408 -> "142,408"
export function whole(value: number): string {
  const digits = group(Math.abs(Math.round(value)).toString());
  return value < 0 ? MINUS + digits : digits;
}

// Four significant digits, as the server's own sentences have them: 0.22211 -> "0.2221".
export function number(value: number | string, digits = 4): string {
  const x = toNumber(value);
  if (Number.isNaN(x)) return 'not a number';
  const size = Math.abs(x);
  const sign = x < 0 ? MINUS : '';
  if (size === Infinity) return `${sign}∞`;
  if (size === 0) return '0';
  if (size >= 1e6 || size < 1e-5) return sign + size.toExponential(digits - 1);
  // What stands before the point is never rounded away.
  const before = Math.floor(size).toString().length;
  const [integer, fraction] = Number(size.toPrecision(Math.max(digits, before)))
    .toString().split('.');
  return sign + group(integer!) + (fraction ? `.${fraction}` : '');
}

// With its sign, for gains: "+0.01091".
export function signed(value: number, digits = 4): string {
  const text = number(value, digits);
  return value > 0 ? `+${text}` : text;
}

// E-values: three digits are plenty, and what is far below 1 is just small.
export function eValue(value: number | string): string {
  const x = toNumber(value);
  return x < 0.001 ? 'below 0.001' : number(x, 3);
}

// 0.05 -> "5 %"
export function percent(share: number, digits = 3): string {
  return `${number(share * 100, digits)}${NBSP}%`;
}

// plural(1, 'day') -> "1 day"
export function plural(count: number, noun: string): string {
  return `${whole(count)}${NBSP}${noun}${count === 1 ? '' : 's'}`;
}

const UNITS: Record<string, string> = {
  us: 'microsecond',
  ms: 'millisecond',
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
};

// The server's durations in words: "42d" -> "42 days". What is not known stays as it is.
export function duration(text: string): string {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|[smhdw])/g)];
  if (parts.map((p) => p[0]).join('') !== text || text === '') return text;
  return parts.map((p) => plural(Number(p[1]), UNITS[p[2]!]!)).join(' ');
}

const SECONDS: Record<string, number> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86400,
  w: 604800,
};

// "1d12h" -> 129600; NaN for what is no duration.
export function durationSeconds(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|[smhdw])/g)];
  if (parts.map((p) => p[0]).join('') !== text || text === '') return NaN;
  return parts.reduce((sum, p) => sum + Number(p[1]) * SECONDS[p[2]!]!, 0);
}
