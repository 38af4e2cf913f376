// Times for people, always in UTC: the page of a night shift in Sydney and the one in Lisbon say
// the same.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun',
  'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (n: number) => n.toString().padStart(2, '0');

// Seconds since 1970, which is what charts count in.
export function seconds(iso: string): number {
  return Date.parse(iso) / 1000;
}

export function iso(secondsSinceEpoch: number): string {
  return new Date(secondsSinceEpoch * 1000).toISOString();
}

function dayMonth(date: Date): string {
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

function clock(date: Date): string {
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

// "2 Jul 2013"
export function day(text: string): string {
  const date = new Date(text);
  return `${dayMonth(date)} ${date.getUTCFullYear()}`;
}

// "2 Jul 2013, 12:00"
export function moment(text: string): string {
  return `${day(text)}, ${clock(new Date(text))}`;
}

// "2 Jul 2013, 12:00:05"
export function exactMoment(text: string): string {
  return `${moment(text)}:${two(new Date(text).getUTCSeconds())}`;
}

// "2 Jul, 12:00:05": the year is left out while it is this one.
export function recentMoment(text: string, now: number): string {
  const date = new Date(text);
  const sameYear = date.getUTCFullYear() === new Date(now).getUTCFullYear();
  const time = `${clock(date)}:${two(date.getUTCSeconds())}`;
  return `${sameYear ? dayMonth(date) : day(text)}, ${time}`;
}

// "2 Jul" or "12:00": what an axis has room for. The first label and every January say the year.
export function axisLabels(splits: number[], step: number): string[] {
  let year = -1;
  return splits.map((split) => {
    const date = new Date(split * 1000);
    if (step < 86400 && clock(date) !== '00:00') return clock(date);
    const label = date.getUTCFullYear() === year
      ? dayMonth(date)
      : `${dayMonth(date)}\n${date.getUTCFullYear()}`;
    year = date.getUTCFullYear();
    return label;
  });
}

// "2 Jul – 14 Aug 2013"; one day stays one day.
export function range(from: string, to: string): string {
  if (day(from) === day(to)) return day(to);
  const [a, b] = [new Date(from), new Date(to)];
  const first = a.getUTCFullYear() === b.getUTCFullYear() ? dayMonth(a) : day(from);
  return `${first} – ${day(to)}`;
}

// "4 minutes ago", for what happened within a day.
export function ago(text: string, now: number): string | undefined {
  const passed = now / 1000 - seconds(text);
  if (!(passed >= 0) || passed >= 86400) return undefined;
  if (passed < 60) return 'just now';
  const [count, unit] = passed < 3600
    ? [Math.floor(passed / 60), 'minute']
    : [Math.floor(passed / 3600), 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}
