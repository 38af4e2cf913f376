// Tables out of files: comma or tab separated values as RFC 4180 has them. Only as many rows and
// columns are kept as are shown.

export const SHOWN_ROWS = 200;
export const SHOWN_COLUMNS = 50;

export interface Cells {
  rows: string[][];
  more: boolean; // there are further rows or columns
}

export function cellsOf(text: string, separator: ',' | '\t'): Cells {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let inside = false;
  let more = false;
  const endCell = () => {
    if (row.length < SHOWN_COLUMNS) row.push(cell);
    else more = true;
    cell = '';
  };
  const endRow = () => {
    endCell();
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; ++i) {
    const c = text[i]!;
    if (rows.length === SHOWN_ROWS + 1) return { rows, more: true }; // with the head
    if (inside) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i]!;
      else inside = false;
    } else if (c === '"' && cell === '') inside = true;
    else if (c === separator) endCell();
    else if (c === '\n') endRow();
    else if (c !== '\r' || text[i + 1] !== '\n') cell += c;
  }
  if (cell !== '' || row.length > 0) endRow();
  return { rows, more };
}
