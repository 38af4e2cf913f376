import { describe, expect, it } from 'vitest';
import { kindOf, MAX_IMAGE, pretty, textOf } from './preview';
import { cellsOf, SHOWN_COLUMNS, SHOWN_ROWS } from './table';

describe('previews', () => {
  it.each([
    ['model/MLmodel', 'text'],
    ['a.b/notes', 'text'],
    ['report.html', 'text'],
    ['picture.svg', 'text'],
    ['x.JSON', 'json'],
    ['rows.csv', 'csv'],
    ['rows.tsv', 'tsv'],
    ['plot.PNG', 'image'],
    ['model.pkl', 'none'],
    ['rows.parquet', 'none'],
  ])('%s is shown as %s', (path, kind) => expect(kindOf(path, 10)).toBe(kind));

  it('are bounded', () => {
    expect(kindOf('plot.png', MAX_IMAGE)).toBe('image');
    expect(kindOf('plot.png', MAX_IMAGE + 1)).toBe('none');
  });

  it('show text, and only that', () => {
    const bytes = new TextEncoder().encode('größe');
    expect(textOf(bytes, false)).toBe('größe');
    expect(textOf(bytes.subarray(0, 3), false)).toBeUndefined(); // half a character
    expect(textOf(bytes.subarray(0, 3), true)).toBe('gr');
    expect(textOf(new Uint8Array([65, 0, 66]), false)).toBeUndefined();
    expect(textOf(new Uint8Array([0x89, 0x50, 0x4e]), false)).toBeUndefined();
  });

  it('show the structure of JSON', () => {
    expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(pretty('{"a":')).toBe('{"a":');
  });
});

describe('tables out of files', () => {
  it.each([
    ['a,b\n1,2\n', [['a', 'b'], ['1', '2']]],
    ['a,b\r\n1,2', [['a', 'b'], ['1', '2']]],
    ['"a,""b""",c\n"two\nlines",', [['a,"b"', 'c'], ['two\nlines', '']]],
    ['a\n\nb\n', [['a'], ['b']]],
    ['', []],
    ['"never closed', [['never closed']]],
    [' x"y ,z', [[' x"y ', 'z']]],
  ])('%j', (text, rows) => expect(cellsOf(text, ',')).toEqual({ rows, more: false }));

  it('may be separated by tabs', () => {
    expect(cellsOf('a\tb,c', '\t').rows).toEqual([['a', 'b,c']]);
  });

  it('are cut, and say so', () => {
    const long = cellsOf('x\n'.repeat(SHOWN_ROWS + 5), ',');
    expect([long.rows.length, long.more]).toEqual([SHOWN_ROWS + 1, true]);
    expect(cellsOf('x\n'.repeat(SHOWN_ROWS + 1), ',').more).toBe(false);
    const wide = cellsOf(Array(SHOWN_COLUMNS + 2).fill('x').join(','), ',');
    expect([wide.rows[0]!.length, wide.more]).toEqual([SHOWN_COLUMNS, true]);
  });
});
